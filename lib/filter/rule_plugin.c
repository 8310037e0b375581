/* SPDX-License-Identifier: BSD-3-Clause */
/* Instances of plugins. */
#include "rule_priv.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rule_plugin *
rule_plugin_find(const struct plx_filter_rules *rules, const char *name, unsigned *ret_number)
{
	for (unsigned i = 0; i < PLX_FILTER_PLUGINS_MAX; i++) {
		if (rules->plugins[i] == NULL || strcmp(rules->plugins[i]->name, name) != 0)
			continue;
		if (ret_number != NULL)
			*ret_number = i;
		return rules->plugins[i];
	}
	return NULL;
}

void
rule_plugin_destroy(struct rule_plugin *plugin)
{
	if (plugin == NULL)
		return;
	if (plugin->ops->free != NULL)
		plugin->ops->free(plugin->state);
	if (plugin->object != NULL)
		dlclose(plugin->object);
	free(plugin);
}

static int
check_plugin(const struct plx_filter_plugin *ops, struct plx_why *why)
{
	if (ops->version != PLX_FILTER_PLUGIN_VERSION)
		return plx_why(why, -EINVAL,
			       "it was compiled for version %u of the plugin interface, this is %u",
			       ops->version, PLX_FILTER_PLUGIN_VERSION);
	if (ops->filter == NULL && ops->handle == NULL)
		return plx_why(why, -EINVAL, "it has neither a filter nor a handle function");
	return 0;
}

static bool
is_name(const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;

	return len > 0 && len < PLX_FILTER_NAME_MAX && strcspn(name, " \t\"#\n") == len;
}

static int
find_seat(const struct plx_filter_rules *rules, const char *name, unsigned *ret_seat,
	  struct plx_why *why)
{
	if (!is_name(name))
		return plx_why(why, -EINVAL, "\"%.64s\" is no name for a plugin: 1 .. %d letters",
			       name != NULL ? name : "", PLX_FILTER_NAME_MAX - 1);
	if (rule_plugin_find(rules, name, NULL) != NULL)
		return plx_why(why, -EEXIST, "there is a plugin \"%s\" already", name);
	for (*ret_seat = 0; *ret_seat < PLX_FILTER_PLUGINS_MAX; ++*ret_seat)
		if (rules->plugins[*ret_seat] == NULL)
			return 0;
	return plx_why(why, -ENOSPC, "there are %d plugins already, the most there can be",
		       PLX_FILTER_PLUGINS_MAX);
}

/* Takes over the object on success. The lock is held. */
static int
add_instance(struct plx_filter_rules *rules, const struct plx_filter_plugin *ops, void *object,
	     const char *name, const char *args, struct plx_why *why)
{
	struct rule_plugin *plugin;
	unsigned seat;
	int err;

	err = check_plugin(ops, why);
	if (err != 0)
		return err;
	if (name == NULL)
		name = ops->name;
	err = find_seat(rules, name, &seat, why);
	if (err != 0)
		return err;
	plugin = calloc(1, sizeof(*plugin));
	if (plugin == NULL)
		return plx_why(why, -ENOMEM, "no memory for plugin \"%s\"", name);
	snprintf(plugin->name, sizeof(plugin->name), "%s", name);
	plugin->ops = ops;
	if (why != NULL)
		why->text[0] = '\0';
	if (ops->create != NULL)
		err = ops->create(args != NULL ? args : "", &plugin->state, why);
	if (err != 0) {
		free(plugin);
		return err < 0 ? err : -EINVAL;
	}
	plugin->object = object;
	rules->plugins[seat] = plugin;
	return 0;
}

int
plx_filter_rules_plugin_add(struct plx_filter_rules *rules, const struct plx_filter_plugin *plugin,
			    const char *name, const char *args, struct plx_why *why)
{
	int err;

	pthread_mutex_lock(&rules->lock);
	err = add_instance(rules, plugin, NULL, name, args, why);
	pthread_mutex_unlock(&rules->lock);
	return err;
}

/* dlopen searches the system's folders for a name without '/'; the file is meant. */
static void *
open_object(const char *path)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", strchr(path, '/') != NULL ? "" : "./", path);
	return dlopen(full, RTLD_NOW | RTLD_LOCAL);
}

int
plx_filter_rules_plugin_load(struct plx_filter_rules *rules, const char *path, const char *name,
			     const char *args, struct plx_why *why)
{
	const struct plx_filter_plugin *ops;
	void *object;
	int err;

	if (access(path, R_OK) != 0)
		return plx_why(why, -errno, "plugin %.200s: %s", path, strerror(errno));
	object = open_object(path);
	if (object == NULL)
		return plx_why(why, -ENOEXEC, "plugin %.100s cannot be loaded: %.300s", path,
			       dlerror());
	ops = dlsym(object, PLX_FILTER_PLUGIN_SYMBOL);
	if (ops == NULL) {
		dlclose(object);
		return plx_why(
			why, -EINVAL,
			"plugin %.200s is none: it exports no struct " PLX_FILTER_PLUGIN_SYMBOL,
			path);
	}
	pthread_mutex_lock(&rules->lock);
	err = add_instance(rules, ops, object, name, args, why);
	pthread_mutex_unlock(&rules->lock);
	if (err == 0)
		return 0;
	dlclose(object);
	return plx_why_prefix(why, err, "plugin %.200s: ", path);
}

int
plx_filter_rules_plugin_unload(struct plx_filter_rules *rules, const char *name,
			       struct plx_why *why)
{
	struct rule_plugin *plugin;
	unsigned number = 0;
	int err = 0;

	pthread_mutex_lock(&rules->lock);
	plugin = rule_plugin_find(rules, name, &number);
	if (plugin == NULL)
		err = plx_why(why, -ENOENT, "there is no plugin \"%.64s\"", name);
	else if (plugin->users > 0)
		err = plx_why(why, -EBUSY, "plugin \"%s\": %u rules use it; delete them first",
			      name, plugin->users);
	if (err == 0) {
		rule_wait_for_readers(rules);
		rules->plugins[number] = NULL;
	}
	pthread_mutex_unlock(&rules->lock);
	if (err == 0)
		rule_plugin_destroy(plugin);
	return err;
}

int
plx_filter_rules_plugin_stats(struct plx_filter_rules *rules, const char *name, char *buf,
			      size_t size)
{
	const struct rule_plugin *plugin;
	int len = -ENOENT;

	pthread_mutex_lock(&rules->lock);
	plugin = rule_plugin_find(rules, name, NULL);
	if (plugin != NULL && plugin->ops->stats != NULL)
		len = plugin->ops->stats(plugin->state, buf, size);
	else if (plugin != NULL)
		len = snprintf(buf, size, "%s", "");
	pthread_mutex_unlock(&rules->lock);
	return len;
}
