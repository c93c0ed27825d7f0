// SPDX-License-Identifier: MIT
// stdio's readers on pipes and sockets, and each call's results: N98.
#include "net.h"

#include <locale.h>
#include <stdarg.h>
#include <wchar.h>

static vine_group wg;

// --- each call: waits for what comes later, and meets the end ---

struct src {
  FILE *f;
  int to;
};

static struct src open_pipe(void) {
  int fds[2];
  CHECK(pipe(fds) == 0);
  struct src s = {fdopen(fds[0], "r"), fds[1]};
  CHECK(s.f);
  return s;
}

static void write_later(int fd, const char *text) {
  nap();
  nap();
  CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
  vine_group_done(&wg);
}

static void send_later(int fd, const char *text) {
  vine_group_add(&wg, 1);
  vine_go(write_later(fd, text));
}

static void close_later(int fd) {
  nap();
  nap();
  CHECK(close(fd) == 0);
  vine_group_done(&wg);
}

static void write_and_close(int fd, const char *text) {
  nap();
  CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
  close_later(fd);
}

static void end_later(int fd) {
  vine_group_add(&wg, 1);
  vine_go(close_later(fd));
}

static void lines(void) {
  struct src s = open_pipe();
  char buf[64], *line = NULL;
  size_t room = 0;
  errno = 77;
  send_later(s.to, "one\ntwo\n");
  CHECK(fgets(buf, sizeof buf, s.f) == buf);
  CHECK_STR_EQ(buf, "one\n");
  CHECK_EQ(errno, 77);
  CHECK(fgets(buf, sizeof buf, s.f) == buf);
  CHECK_STR_EQ(buf, "two\n");
  CHECK(fgets(buf, 1, s.f) == buf); // takes nothing
  CHECK_STR_EQ(buf, "");
  send_later(s.to, "three\n");
  CHECK_EQ(getline(&line, &room, s.f), 6);
  CHECK_STR_EQ(line, "three\n");
  send_later(s.to, "four;");
  CHECK_EQ(getdelim(&line, &room, ';', s.f), 5);
  CHECK_STR_EQ(line, "four;");
  send_later(s.to, "five\n");
  CHECK(fgets_unlocked(buf, sizeof buf, s.f) == buf);
  CHECK_STR_EQ(buf, "five\n");
  CHECK_EQ(getline(NULL, &room, s.f), -1);
  CHECK_EQ(errno, EINVAL);
  clearerr(s.f);
  end_later(s.to);
  CHECK(fgets(buf, sizeof buf, s.f) == NULL);
  CHECK(feof(s.f) && !ferror(s.f));
  CHECK_EQ(getline(&line, &room, s.f), -1);
  vine_group_wait(&wg);
  free(line);
  fclose(s.f);
}

static void characters(void) {
  struct src s = open_pipe();
  send_later(s.to, "a");
  CHECK_EQ(getc(s.f), 'a');
  send_later(s.to, "b");
  CHECK_EQ(fgetc(s.f), 'b');
  CHECK_EQ(ungetc('u', s.f), 'u');
  CHECK_EQ(getc(s.f), 'u');
  send_later(s.to, "c");
  CHECK_EQ(getc_unlocked(s.f), 'c');
  send_later(s.to, "d");
  CHECK_EQ(fgetc_unlocked(s.f), 'd');
  send_later(s.to, "1234");
  CHECK_EQ(getw(s.f), 0x34333231);
  setvbuf(s.f, NULL, _IONBF, 0);
  send_later(s.to, "\377");
  CHECK_EQ(getc(s.f), 255);
  end_later(s.to);
  CHECK_EQ(getc(s.f), EOF);
  CHECK(feof(s.f));
  vine_group_wait(&wg);
  fclose(s.f);
}

static void blocks(void) {
  struct src s = open_pipe();
  char buf[64] = "";
  CHECK_EQ(fread(buf, 0, 5, s.f), 0);
  CHECK_EQ(fread(buf, 5, 0, s.f), 0);
  send_later(s.to, "abcdef");
  CHECK_EQ(fread(buf, 2, 2, s.f), 2);
  CHECK_STR_EQ(buf, "abcd");
  CHECK_EQ(fread_unlocked(buf, 1, 2, s.f), 2);
  vine_group_add(&wg, 1);
  vine_go(write_and_close(s.to, "xyz"));
  CHECK_EQ(fread(buf, 2, 8, s.f), 1);
  CHECK_STR_EQ(buf, "xyzd");
  vine_group_wait(&wg);
  fclose(s.f);
}

static int scan_with(FILE *f, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vfscanf(f, format, args);
  va_end(args);
  return n;
}

static void scans(void) {
  struct src s = open_pipe();
  int v[9] = {0}, n = 7;
  char word[16];
  double d;
  CHECK_EQ(fscanf(s.f, "%n", &n), 0);
  CHECK_EQ(n, 0);
  send_later(s.to, "1 2 3 4 5 6 7 8 9 ten 2.5\n"); // arguments on the stack
  CHECK_EQ(fscanf(s.f, "%d%d%d%d%d%d%d%d%d%15s%lf", v, v + 1, v + 2, v + 3,
                  v + 4, v + 5, v + 6, v + 7, v + 8, word, &d),
           11);
  for (int i = 0; i < 9; i++)
    CHECK_EQ(v[i], i + 1);
  CHECK_STR_EQ(word, "ten");
  CHECK(d == 2.5);
  CHECK_EQ(getc(s.f), '\n');
  send_later(s.to, "42 ");
  CHECK_EQ(scan_with(s.f, "%d", v), 1);
  CHECK_EQ(v[0], 42);
  CHECK_EQ(getc(s.f), ' ');
  end_later(s.to);
  CHECK_EQ(fscanf(s.f, "%d", v), EOF);
  vine_group_wait(&wg);
  fclose(s.f);
}

static void wide(void) {
  struct src s = open_pipe();
  wchar_t buf[16];
  int n = 0;
  CHECK(setlocale(LC_CTYPE, "C.UTF-8"));
  send_later(s.to, "\303\244bc\n12\n");
  CHECK(fgetws(buf, 16, s.f) == buf);
  CHECK(wcscmp(buf, L"\u00e4bc\n") == 0);
  CHECK_EQ(fwscanf(s.f, L"%d", &n), 1); // from the buffer of wide characters
  CHECK_EQ(n, 12);
  CHECK_EQ(getwc(s.f), L'\n');
  send_later(s.to, "x");
  CHECK_EQ(fgetwc(s.f), L'x');
  send_later(s.to, "7 ");
  CHECK_EQ(fwscanf(s.f, L"%d", &n), 1);
  CHECK_EQ(n, 7);
  CHECK_EQ(getwc(s.f), L' ');
  end_later(s.to);
  CHECK_EQ(getwc(s.f), WEOF);
  vine_group_wait(&wg);
  fclose(s.f);
}

// The names without a FILE.
static void from_stdin(void) {
  struct src s = open_pipe();
  int n = 0, saved = dup(0);
  CHECK(dup2(fileno(s.f), 0) == 0);
  send_later(s.to, "q");
  CHECK_EQ(getchar(), 'q');
  send_later(s.to, "r");
  CHECK_EQ(getchar_unlocked(), 'r');
  send_later(s.to, "5\n");
  CHECK_EQ(scanf("%d", &n), 1);
  CHECK_EQ(n, 5);
  CHECK_EQ(getchar(), '\n');
  end_later(s.to);
  CHECK_EQ(getchar(), EOF);
  vine_group_wait(&wg);
  clearerr(stdin);
  CHECK(dup2(saved, 0) == 0);
  close(saved);
  fclose(s.f);
}

// --- files that don't wait, and errors ---

static void others(void) {
  int fds[2];
  char buf[8];
  FILE *f = fopen("/proc/self/exe", "r");
  CHECK_EQ(fread(buf, 1, 4, f), 4);
  CHECK(memcmp(buf, "\177ELF", 4) == 0);
  fclose(f);
  f = fmemopen((char[]){"mem\n"}, 4, "r");
  CHECK(fgets(buf, 8, f) == buf);
  CHECK(fgets(buf, 8, f) == NULL);
  fclose(f);
  CHECK(pipe(fds) == 0);
  f = fdopen(fds[1], "w"); // can't be read: fails, and doesn't wait
  CHECK_EQ(getc(f), EOF);
  CHECK(ferror(f));
  CHECK_EQ(errno, EBADF);
  fclose(f);
  f = fdopen(fds[0], "r");
  CHECK_EQ(getc(f), EOF); // and now for all time
  CHECK_EQ(getc(f), EOF);
  fclose(f);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  f = fdopen(fds[0], "r+");
  fcntl(fds[0], F_SETFL, O_NONBLOCK);
  CHECK_EQ(getc(f), EOF);
  CHECK_EQ(errno, EAGAIN);
  CHECK(ferror(f) && !feof(f));
  clearerr(f);
  fcntl(fds[0], F_SETFL, 0);
  struct timeval tv = {0, 20000};
  setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
  CHECK(fgets(buf, 8, f) == NULL);
  CHECK_EQ(errno, EAGAIN);
  CHECK(ferror(f) && !feof(f));
  fclose(f);
  close(fds[1]);
}

// What was written into the same FILE goes out before it waits.
static void answer(int fd) {
  char buf[8];
  CHECK_EQ(read(fd, buf, 8), 4);
  CHECK_EQ(write(fd, "yes\n", 4), 4);
  vine_group_done(&wg);
}

static void to_and_fro(void) {
  int fds[2];
  char buf[8];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
  FILE *f = fdopen(fds[0], "r+");
  vine_group_add(&wg, 1);
  vine_go(answer(fds[1]));
  fputs("ask\n", f);
  CHECK(fgets(buf, 8, f) == buf);
  CHECK_STR_EQ(buf, "yes\n");
  vine_group_wait(&wg);
  fclose(f);
  close(fds[1]);
}

// A question on a terminal is seen before it is answered.
static int ask(void) {
  char word[8] = "";
  printf("name? ");
  CHECK(fgets(word, sizeof word, stdin) == word);
  return strcmp(word, "me\n");
}

static void questions(void) {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY), status;
  char buf[64];
  CHECK(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  const char *name = ptsname(terminal);
  pid_t child = fork();
  if (child == 0) {
    int fd = open(name, O_RDWR | O_NOCTTY);
    CHECK(fd >= 0 && dup2(fd, 0) == 0 && dup2(fd, 1) == 1);
    setvbuf(stdin, NULL, _IOLBF, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    have_others();
    _exit(ask());
  }
  read_exactly(terminal, buf, 6);
  CHECK(memcmp(buf, "name? ", 6) == 0);
  CHECK_EQ(write(terminal, "me\n", 3), 3);
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK_EQ(status, 0);
  close(terminal);
}

// --- several goroutines read lines of one FILE, each line goes to one ---

enum { READERS = 20, LINES = 400 };
static int seen[LINES];

static void take_lines(FILE *f) {
  char buf[32];
  while (fgets(buf, sizeof buf, f))
    ADD(seen[atoi(buf)], 1);
  vine_group_done(&wg);
}

static void take_numbers(FILE *f) {
  int n;
  while (fscanf(f, "%d\n", &n) == 1)
    ADD(seen[n], 1);
  vine_group_done(&wg);
}

static void take_one(FILE *f) {
  char buf[32];
  CHECK(fgets(buf, sizeof buf, f));
  ADD(seen[atoi(buf)], 1);
  vine_group_done(&wg);
}

static void check_seen(int n) {
  for (int i = 0; i < n; i++)
    CHECK_EQ(seen[i], 1);
  memset(seen, 0, sizeof seen);
}

static void put_lines(int fd, int from, int n) {
  char buf[LINES * 5];
  size_t used = 0;
  for (int i = from; i < from + n; i++)
    used += (size_t)sprintf(buf + used, "%d\n", i);
  CHECK_EQ(write(fd, buf, used), used);
}

static void shared(void (*take)(FILE *)) {
  struct src s = open_pipe();
  vine_group_add(&wg, READERS);
  for (int i = 0; i < READERS; i++)
    vine_go(take(s.f));
  for (int i = 0; i < LINES; i += 5) {
    put_lines(s.to, i, 5);
    if (i % 50 == 0)
      nap();
  }
  close(s.to);
  vine_group_wait(&wg);
  check_seen(LINES);
  fclose(s.f);
}

// One event brings a line for each: none stays behind in the buffer.
static void one_each(void) {
  struct src s = open_pipe();
  vine_group_add(&wg, READERS);
  for (int i = 0; i < READERS; i++)
    vine_go(take_one(s.f));
  nap();
  put_lines(s.to, 0, READERS);
  vine_group_wait(&wg); // the pipe is still open
  check_seen(READERS);
  close(s.to);
  fclose(s.f);
}

int main(void) {
  have_others();
  lines();
  characters();
  blocks();
  scans();
  wide();
  from_stdin();
  others();
  to_and_fro();
  questions();
  shared(take_lines);
  shared(take_numbers);
  for (int i = 0; i < 20; i++)
    one_each();
  return 0;
}
