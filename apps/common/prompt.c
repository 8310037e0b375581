/* SPDX-License-Identifier: BSD-3-Clause */
/* The prompt, over libedit on a terminal that can move its cursor and plain reading elsewhere. */
#include "prompt.h"

#include "complete.h"
#include "door.h"
#include "history.h"
#include "input.h"
#include "line.h"
#include "stop.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define STOP_CHECK_MS 100

static unsigned
terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

/* -- signals while a line is edited ------------------------------------------------------------------ */

/* libedit's own handling would pass every signal on to the whole process group. */
static volatile sig_atomic_t resized, suspended;

static void
on_terminal_signal(int signo)
{
	*(signo == SIGWINCH ? &resized : &suspended) = 1;
}

static const int terminal_signals[] = {SIGWINCH, SIGTSTP};

static void
catch_signals(struct sigaction former[PLX_ARRAY_LEN(terminal_signals)])
{
	struct sigaction action = {.sa_handler = on_terminal_signal};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < PLX_ARRAY_LEN(terminal_signals); i++)
		sigaction(terminal_signals[i], &action, &former[i]);
}

static void
release_signals(const struct sigaction former[PLX_ARRAY_LEN(terminal_signals)])
{
	for (size_t i = 0; i < PLX_ARRAY_LEN(terminal_signals); i++)
		sigaction(terminal_signals[i], &former[i], NULL);
}

static void
answer_signals(EditLine *el)
{
	if (suspended) {
		suspended = 0;
		el_set(el, EL_PREP_TERM, 0);
		raise(SIGSTOP);
		el_set(el, EL_PREP_TERM, 1);
		resized = 1;
	}
	if (resized) {
		resized = 0;
		el_resize(el);
		/* It now takes the cursor to be at the beginning of a line. */
		fputc('\r', stdout);
		el_set(el, EL_REFRESH);
	}
}

/* -- keys -------------------------------------------------------------------------------------------- */

static bool
key_is_there(EditLine *el)
{
	struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};

	while (!stop_requested()) {
		answer_signals(el);
		if (door_wait(&wait, STOP_CHECK_MS) > 0)
			return true;
	}
	return false;
}

/* libedit's EL_GETCFN: 1 and a character, 0 at the end or when a stop was asked for. */
static int
read_key(EditLine *el, wchar_t *ret_key)
{
	mbstate_t state = {0};
	size_t used;
	char byte;

	for (;;) {
		ssize_t got = key_is_there(el) ? read(STDIN_FILENO, &byte, 1) : 0;

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return 0;
		used = mbrtowc(ret_key, &byte, 1, &state);
		if (used == (size_t)-1)
			state = (mbstate_t){0}; /* no character: left out */
		else if (used != (size_t)-2)
			return 1;
	}
}

static struct console *
console_of(EditLine *el)
{
	void *console = NULL;

	el_get(el, EL_CLIENTDATA, &console);
	return console;
}

/* A copy of what stands in front of the cursor. */
static char *
typed_line(EditLine *el)
{
	const LineInfo *info = el_line(el);

	return strndup(info->buffer, (size_t)(info->cursor - info->buffer));
}

/* Puts in what all the words have in common, and a space behind a word that is whole. */
static bool
insert_common(EditLine *el, const struct words *words, size_t there)
{
	size_t common = words_common(words);
	char *text = strndup(words->word[0], common);
	bool whole = words->n == 1 && (common == 0 || words->word[0][common - 1] != '/');
	bool inserted = false;

	if (text != NULL && common > there)
		inserted = el_insertstr(el, text + there) == 0;
	if (whole)
		inserted = el_insertstr(el, " ") == 0 || inserted;
	free(text);
	return inserted;
}

static unsigned char
on_tab(EditLine *el, wint_t key)
{
	struct words words = {0};
	char *line = typed_line(el);
	unsigned char result = CC_ERROR;
	size_t there;

	if (line == NULL)
		return CC_ERROR;
	there = complete_words(console_of(el), line, &words);
	if (words.n > 0 && insert_common(el, &words, there)) {
		result = CC_REFRESH;
	} else if (words.n > 0) {
		fputc('\n', stdout);
		complete_list(&words, terminal_columns(), stdout);
		fflush(stdout);
		result = CC_REDISPLAY;
	}
	words_free(&words);
	free(line);
	return result;
}

static unsigned char
on_question(EditLine *el, wint_t key)
{
	char *line = typed_line(el);

	if (line == NULL)
		return CC_ERROR;
	fputs("?\n", stdout);
	complete_help(console_of(el), line, terminal_columns(), stdout);
	fflush(stdout);
	free(line);
	return CC_REDISPLAY;
}

/* -- lines ------------------------------------------------------------------------------------------- */

/* The cursor stands behind a prompt that stands alone. */
static bool waits;

static void
set_waits(bool on)
{
	__atomic_store_n(&waits, on, __ATOMIC_RELAXED);
}

void
prompt_leave(FILE *out)
{
	if (__atomic_exchange_n(&waits, false, __ATOMIC_RELAXED))
		fputc('\n', out);
}

static char *
prompt_text(EditLine *el)
{
	static char text[32];

	snprintf(text, sizeof(text), "%s", console_of(el)->prompt);
	return text;
}

static void
prepare(EditLine *el, struct console *console, History *past)
{
	el_set(el, EL_CLIENTDATA, console);
	el_set(el, EL_PROMPT, prompt_text);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_SIGNAL, 0);
	el_set(el, EL_GETCFN, read_key);
	/* By el_wset, since el_set copies the two strings and never frees them. */
	el_wset(el, EL_ADDFN, L"plx-complete", L"what may follow", on_tab);
	el_set(el, EL_BIND, "^I", "plx-complete", NULL);
	el_wset(el, EL_ADDFN, L"plx-help", L"commands that begin so", on_question);
	el_set(el, EL_BIND, "?", "plx-help", NULL);
	if (past != NULL)
		el_set(el, EL_HIST, history, past);
}

static void
edit_lines(struct console *console, EditLine *el, History *past)
{
	HistEvent event;
	const char *line;
	int len;

	while (!console->quit && !stop_requested() && (line = el_gets(el, &len)) != NULL &&
	       len > 0) {
		const struct line_from from = {.columns = terminal_columns(), .person = true};

		if (past != NULL && strspn(line, " \t\n") < (size_t)len)
			history(past, &event, H_ENTER, line);
		line_run(console, line, &from);
		fflush(stdout);
	}
	if (!console->quit)
		fputc('\n', stdout);
}

/* False if there is no editing here. */
static bool
edit(struct console *console)
{
	struct sigaction former[PLX_ARRAY_LEN(terminal_signals)];
	History *past;
	EditLine *el;

	setlocale(LC_CTYPE, "");
	el = el_init(console->program, stdin, stdout, stderr);
	if (el == NULL)
		return false;
	past = history_open(console->history);
	prepare(el, console, past);
	catch_signals(former);
	edit_lines(console, el, past);
	release_signals(former);
	el_end(el);
	history_close(past, console->history);
	return true;
}

static void
show_prompt(const char *text)
{
	flockfile(stdout);
	fputs(text, stdout);
	fflush(stdout);
	set_waits(text[0] != '\0');
	funlockfile(stdout);
}

static void
read_lines(struct console *console, bool person)
{
	struct line_from from = {.person = person};
	enum input_result result = INPUT_LINE;
	struct input input;
	const bool silent = console->json && !person;
	const char *line;

	input_init(&input, STDIN_FILENO);
	while (!console->quit && !stop_requested()) {
		show_prompt(silent ? "" : console->prompt);
		result = input_next(&input, &line);
		set_waits(false);
		if (result == INPUT_END)
			break;
		if (result == INPUT_LINE && !silent && !person)
			printf("%s\n", line);
		if (result == INPUT_LINE)
			line_run(console, line, &from);
		else
			line_complain(console, &from,
				      result == INPUT_BINARY
					      ? "a line with a 0 byte is left out"
					      : "a line that is too long is left out");
	}
	if (!silent && !console->quit)
		fputc('\n', stdout);
}

/* Only a terminal whose cursor moves is worth libedit's care. */
static bool
is_editable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL && term[0] != '\0' &&
	       strcmp(term, "dumb") != 0;
}

void
prompt_run(struct console *console)
{
	if (!is_editable() || !edit(console))
		read_lines(console, isatty(STDIN_FILENO));
}
