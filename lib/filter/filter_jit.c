/* SPDX-License-Identifier: BSD-3-Clause */
/* Machine code in pages of its own, which can be written or run, never both at once. */
#include "filter_jit.h"

#include <stdlib.h>
#include <sys/mman.h>

#define BY_INTERPRETER "libpcap's interpreter"

#if FILTER_JIT_X86_64

#define FARTHEST \
	256 /* more than any instruction's code: no jump is short until it is known better */

static int
plan_init(struct filter_plan *plan, const struct plx_filter_insn *insns, unsigned n)
{
	plan->insns = insns;
	plan->n = n;
	plan->need = calloc(n + 1, sizeof(*plan->need));
	plan->proved = calloc(n + 1, sizeof(*plan->proved));
	plan->at = calloc(n + 1, sizeof(*plan->at));
	if (plan->need == NULL || plan->proved == NULL || plan->at == NULL)
		return -1;
	for (unsigned i = 0; i <= n; i++)
		plan->at[i] = i * FARTHEST;
	filter_plan_lengths(plan);
	return 0;
}

static void
plan_fini(struct filter_plan *plan)
{
	free(plan->need);
	free(plan->proved);
	free(plan->at);
}

/* A jump that becomes short may bring others near enough to be so too. */
static uint32_t
settle(struct filter_plan *plan)
{
	uint32_t before, len = UINT32_MAX;

	do {
		before = len;
		len = filter_x86_write(plan, NULL);
	} while (len != before);
	return len;
}

static const char *
write_pages(struct filter_jit *jit, struct filter_plan *plan)
{
	uint32_t size = settle(plan);
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return BY_INTERPRETER ", there was no memory for machine code";
	filter_x86_write(plan, pages);
	if (mprotect(pages, size, PROT_READ | PROT_EXEC) != 0) {
		munmap(pages, size);
		return BY_INTERPRETER ", this process may not make machine code";
	}
	jit->pages = pages;
	jit->size = size;
	jit->run = (filter_code_fn)((uintptr_t)pages + FILTER_CODE_OFFSET);
	return "x86-64 machine code";
}

static const char *
generate(struct filter_jit *jit, const struct plx_filter_insn *insns, unsigned n)
{
	struct filter_plan plan;
	const char *engine = BY_INTERPRETER ", there was no memory for machine code";

	if (plan_init(&plan, insns, n) == 0)
		engine = write_pages(jit, &plan);
	plan_fini(&plan);
	return engine;
}

#else

static const char *
generate(struct filter_jit *jit, const struct plx_filter_insn *insns, unsigned n)
{
	return BY_INTERPRETER ", there is no machine code for this processor";
}

#endif

void
filter_jit_init(struct filter_jit *jit, const struct plx_filter_insn *insns, unsigned n)
{
	const char *wish = getenv("PLX_FILTER_INTERPRET");

	*jit = (struct filter_jit){0};
	if (wish != NULL && wish[0] != '\0')
		jit->engine = BY_INTERPRETER ", as PLX_FILTER_INTERPRET demands";
	else
		jit->engine = generate(jit, insns, n);
}

void
filter_jit_fini(struct filter_jit *jit)
{
	if (jit->pages != NULL)
		munmap(jit->pages, jit->size);
}
