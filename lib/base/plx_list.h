/* SPDX-License-Identifier: BSD-3-Clause */
/* A doubly linked list whose links live in the listed objects. Thread: one at a time for a list and what is in it. Path: hot, a few stores each. */
#ifndef PLX_LIB_BASE_PLX_LIST_H
#define PLX_LIB_BASE_PLX_LIST_H

#include "plx_base.h"

/* A head, or one object's link. An empty list and an unlinked object point at themselves. */
struct plx_list {
	struct plx_list *next;
	struct plx_list *prev;
};

#define PLX_LIST_INIT(name)      \
	{                        \
		&(name), &(name) \
	}

/* Makes an empty list, or an object that is in none. */
static inline void
plx_list_init(struct plx_list *list)
{
	list->next = list;
	list->prev = list;
}

/* True for a list without objects, and for an object in no list. */
static inline bool
plx_list_empty(const struct plx_list *list)
{
	return list->next == list;
}

/* Puts an object that is in no list at the end. */
static inline void
plx_list_append(struct plx_list *list, struct plx_list *item)
{
	item->next = list;
	item->prev = list->prev;
	list->prev->next = item;
	list->prev = item;
}

/* Safe on an item that is in no list. */
static inline void
plx_list_remove(struct plx_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	plx_list_init(item);
}

#define PLX_LIST_ITEM(link, type, member) PLX_CONTAINER_OF(link, type, member)

#define PLX_LIST_FOREACH(link, list) \
	for (struct plx_list *link = (list)->next; link != (list); link = link->next)

/* The body may remove `link`. */
#define PLX_LIST_FOREACH_SAFE(link, list)                                                     \
	for (struct plx_list *link = (list)->next, *link##_next = link->next; link != (list); \
	     link = link##_next, link##_next = link->next)

#endif
