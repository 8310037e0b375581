/* SPDX-License-Identifier: BSD-3-Clause */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "units.h"

#define WAIT_NS	      250000000 /* for a writer that is held up by its disk */
#define WIDE	      50	/* columns from which on there are both rates */
#define ROWS_USUAL    24
#define COLUMNS_USUAL 80

/* What a queue had delivered at the last period. */
struct before {
	uint64_t packets, bytes;
};

struct live {
	const struct capture *capture;
	struct before *before; /* by source */
	struct before all;
	uint64_t last_ns;
	uint64_t asked_ns; /* 0: nothing is to be drawn */
	char *text;	   /* the last table */
	struct winsize size;
	bool drawn;
};

bool
live_is_possible(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

int
live_create(const struct capture *capture, struct live **ret_live)
{
	struct live *live = calloc(1, sizeof(*live));

	if (live != NULL)
		live->before = calloc(capture->nb_sources + 1, sizeof(*live->before));
	if (live == NULL || live->before == NULL) {
		free(live);
		return -ENOMEM;
	}
	live->capture = capture;
	live->last_ns = capture->start_mono;
	*ret_live = live;
	return 0;
}

void
live_destroy(struct live *live)
{
	if (live == NULL)
		return;
	free(live->before);
	free(live->text);
	free(live);
}

/* -- the table ------------------------------------------------------------------------------------- */

/* How a table is written: so wide, over so many seconds. */
struct page {
	FILE *out;
	unsigned columns;
	double seconds;
};

/* Figures come first, so that a narrow terminal cuts off names. */
static void
put_rates(const struct page *page, uint64_t packets, uint64_t bytes)
{
	if (page->columns >= WIDE)
		fprintf(page->out, "%11s ",
			units_rate((double)packets / page->seconds, "pps").text);
	fprintf(page->out, "%12s ", units_rate(8.0 * (double)bytes / page->seconds, "bit/s").text);
}

static void
put_all(struct live *live, const struct page *page, uint64_t now_ns)
{
	const struct capture *c = live->capture;
	struct capture_totals t;

	capture_totals(c, &t);
	put_rates(page, t.delivered - live->all.packets, t.bytes - live->all.bytes);
	fprintf(page->out, "all, %s  captured %s", units_clock(now_ns - c->start_mono).text,
		units_count(t.kept).text);
	if (c->nb_outputs != 0)
		fprintf(page->out, "  file %s", units_bytes(t.file_bytes).text);
	fputc('\n', page->out);
	live->all = (struct before){t.delivered, t.bytes};
}

static void
put_queue(struct live *live, const struct page *page, unsigned i)
{
	const struct source *source = live->capture->sources[i];
	uint64_t packets = tally_read(&source->counts.delivered);
	uint64_t bytes = tally_read(&source->counts.bytes);

	put_rates(page, packets - live->before[i].packets, bytes - live->before[i].bytes);
	fprintf(page->out, "  queue %u\n", source->params.queue);
	live->before[i] = (struct before){packets, bytes};
}

/* A port, and its queues if there are several. */
static void
put_port(struct live *live, const struct page *page, unsigned index)
{
	const struct capture *c = live->capture;
	uint64_t packets = 0, bytes = 0;

	for (unsigned i = 0; i < c->nb_sources; i++) {
		const struct source *source = c->sources[i];

		if (source->params.port_index != index)
			continue;
		packets += tally_read(&source->counts.delivered) - live->before[i].packets;
		bytes += tally_read(&source->counts.bytes) - live->before[i].bytes;
	}
	put_rates(page, packets, bytes);
	fprintf(page->out, "%s%s\n", c->ports[index].label,
		c->ports[index].gone ? " (removed)" : "");
	for (unsigned i = 0; i < c->nb_sources; i++) {
		const struct source *source = c->sources[i];

		if (source->params.port_index != index)
			continue;
		if (c->ports[index].nb_queues > 1)
			put_queue(live, page, i);
		else
			live->before[i] = (struct before){tally_read(&source->counts.delivered),
							  tally_read(&source->counts.bytes)};
	}
}

static void
put_loss(const struct page *page, uint64_t packets, const char *where, const char *reason)
{
	if (packets != 0)
		fprintf(page->out, "%12s %s%s\n", units_count(packets).text, where, reason);
}

static void
put_losses(const struct live *live, const struct page *page)
{
	const struct capture *c = live->capture;
	struct plx_ethdev_ledger ledger;
	struct capture_totals t;
	uint64_t lost = 0;
	char where[PLX_ETHDEV_NAME_MAX + 2];

	capture_totals(c, &t);
	fputs("\nlost so far\n", page->out);
	for (unsigned i = 0; i < c->nb_ports; i++) {
		if (plx_ethdev_ledger(c->ports[i].port, &ledger) != 0)
			continue;
		snprintf(where, sizeof(where), "%s: ", c->ports[i].label);
		lost += ledger_rx_lost(&ledger);
		for (unsigned r = 0; r < ledger.nb_rx_losses; r++)
			put_loss(page, ledger.rx_loss[r].packets, where, ledger.rx_loss[r].name);
	}
	put_loss(page, t.too_slow, "", "writer too slow");
	put_loss(page, t.unwritten, "", "could not be written");
	if (lost + t.too_slow + t.unwritten == 0)
		fputs("           0 nothing\n", page->out);
}

static void
put_talkers(const struct live *live, const struct page *page)
{
	const struct board *board = live->capture->writing.board;
	char name[140], protocol[16];

	fputs("\ntop conversations\n", page->out);
	if (board == NULL || !board_is_full(board)) {
		fputs("  the writer is busy\n", page->out);
		return;
	}
	for (unsigned i = 0; i < board->n; i++) {
		const struct talker_rate *rate = &board->rates[i];

		talker_name(&rate->talker, name, sizeof(name));
		talker_protocol_name(&rate->talker, protocol, sizeof(protocol));
		put_rates(page, rate->packets, rate->bytes);
		fprintf(page->out, "%-6s %s\n", protocol, name);
	}
	if (board->n == 0)
		fputs("  nobody\n", page->out);
}

char *
live_text(struct live *live, uint64_t now_ns, unsigned columns)
{
	struct page page = {.columns = columns};
	char *text = NULL;
	size_t size;

	page.seconds = now_ns > live->last_ns ? (double)(now_ns - live->last_ns) / 1e9 : 1e-9;
	page.out = open_memstream(&text, &size);
	if (page.out == NULL)
		return NULL;
	put_all(live, &page, now_ns);
	for (unsigned i = 0; i < live->capture->nb_ports; i++)
		put_port(live, &page, i);
	put_losses(live, &page);
	put_talkers(live, &page);
	live->last_ns = now_ns;
	if (fclose(page.out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* -- the terminal ---------------------------------------------------------------------------------- */

static void
read_size(struct winsize *ret)
{
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, ret) != 0)
		memset(ret, 0, sizeof(*ret));
	if (ret->ws_row == 0)
		ret->ws_row = ROWS_USUAL;
	if (ret->ws_col == 0)
		ret->ws_col = COLUMNS_USUAL;
}

/* What stands on the screen goes up and stays; then each line is cut, and what was behind it erased. */
static void
draw(struct live *live)
{
	char *screen = NULL;
	const char *line = live->text;
	unsigned row = 0;
	size_t size;
	FILE *out = open_memstream(&screen, &size);

	if (out == NULL)
		return;
	for (unsigned i = 0; !live->drawn && i < live->size.ws_row; i++)
		fputc('\n', out);
	fputs("\033[H", out);
	for (; *line != '\0' && row + 1 < live->size.ws_row; row++) {
		size_t len = strcspn(line, "\n");
		size_t shown = len < live->size.ws_col ? len : live->size.ws_col;

		fprintf(out, "%.*s%s\n", (int)shown, line,
			shown < live->size.ws_col ? "\033[K" : "");
		line += len + (line[len] == '\n');
	}
	fputs("\033[J", out);
	if (fclose(out) == 0)
		fputs(screen, stderr);
	free(screen);
	live->drawn = true;
}

void
live_period(struct live *live, uint64_t now_ns)
{
	if (live->capture->writing.board != NULL)
		board_ask(live->capture->writing.board, (unsigned)live->capture->settings.top);
	live->asked_ns = now_ns;
}

static void
renew(struct live *live, uint64_t now_ns)
{
	char *text;

	read_size(&live->size);
	text = live_text(live, now_ns, live->size.ws_col);
	if (text == NULL)
		return;
	free(live->text);
	live->text = text;
	draw(live);
}

void
live_tick(struct live *live, uint64_t now_ns)
{
	const struct board *board = live->capture->writing.board;
	struct winsize size;

	if (live->asked_ns != 0 &&
	    (board == NULL || board_is_full(board) || now_ns - live->asked_ns > WAIT_NS)) {
		live->asked_ns = 0;
		renew(live, now_ns);
		return;
	}
	read_size(&size);
	if (live->drawn && (size.ws_row != live->size.ws_row || size.ws_col != live->size.ws_col)) {
		live->size = size;
		draw(live);
	}
}
