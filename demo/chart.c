// SPDX-License-Identifier: MIT
// Draws the demo's measurements:
//
//   chart FILE.svg <measurements
//
// reads lines as parked.c prints them, writes a picture to FILE.svg, and bars
// for the terminal to stdout.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bar {
  char kind[32];
  long count;
  double vsz, rss, pte, added; // bytes
};

enum { BARS_MAX = 16 };
static struct bar bars[BARS_MAX];
static int n_bars;

static double bytes_each(const struct bar *b) {
  return b->added / (double)b->count;
}

static int is_vine(const struct bar *b) {
  return strcmp(b->kind, "pthread") != 0;
}

static void read_bars(void) {
  struct bar b;
  while (n_bars < BARS_MAX &&
         scanf("%31s %ld %lf %lf %lf %lf", b.kind, &b.count, &b.vsz, &b.rss,
               &b.pte, &b.added) == 6)
    if (b.count > 0)
      bars[n_bars++] = b;
}

// 1234567 -> 1,234,567
static const char *commas(char *out, double value) {
  char digits[32];
  int n = sprintf(digits, "%.0f", value), len = 0;
  for (int i = 0; i < n; i++) {
    out[len++] = digits[i];
    if ((n - i) % 3 == 1 && i + 1 < n)
      out[len++] = ',';
  }
  out[len] = 0;
  return out;
}

static const char *name_of(const struct bar *b) {
  static const char *const names[][2] = {{"pthread", "pthreads"},
                                         {"fixed", "fixed stacks"},
                                         {"growable", "growable stacks"},
                                         {"hibernated", "hibernated"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(b->kind, names[i][0]))
      return names[i][1];
  return b->kind;
}

// --- for the terminal ---

static void draw_text(void) {
  char count[48], bytes[48];
  double most = 1;
  for (int i = 0; i < n_bars; i++)
    most = fmax(most, bytes_each(&bars[i]));
  puts("  Resident memory per parked task, in bytes\n");
  for (int i = 0; i < n_bars; i++) {
    int width = (int)(bytes_each(&bars[i]) / most * 38 + 0.5);
    printf("  %9s %-15s |", commas(count, (double)bars[i].count),
           name_of(&bars[i]));
    for (int k = 0; k < width || k < 1; k++)
      putchar('#');
    printf(" %s\n", commas(bytes, bytes_each(&bars[i])));
  }
}

// --- the picture ---
//
// Two panels below each other: bars from zero, on a linear scale, for the
// resident memory of one task; points on a logarithmic scale for the address
// space of the whole process, where bars would have no foot to stand on.

enum {
  WIDTH = 860,
  LEFT = 250,    // where the axis stands
  RIGHT = 760,   // where its scale ends
  ROW = 36,      // from bar to bar
  TOP = 126,     // of the first panel's rows
  BETWEEN = 106, // from the first panel's foot to the second's rows
  BOTTOM = 64,   // below the second one's foot
};

static const char style[] =
    "text{font-family:'DejaVu Sans','Segoe UI',Helvetica,Arial,sans-serif;"
    "font-size:14px;fill:#24292f}"
    ".title{font-size:22px;font-weight:bold}"
    ".head{font-size:15px;font-weight:bold}"
    ".soft{fill:#6b7280;font-size:12px}"
    ".value{font-weight:bold}"
    ".end{text-anchor:end}.mid{text-anchor:middle}"
    ".grid{stroke:#e3e6ea}.axis{stroke:#8a929c}"
    ".pthread{fill:#a9b0b8}.vine{fill:#2f8f4e}";

static void text(FILE *f, double x, double y, const char *class,
                 const char *what) {
  fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n", x, y,
          class, what);
}

static void line(FILE *f, double x1, double y1, double x2, double y2,
                 const char *class) {
  fprintf(f,
          "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\""
          " class=\"%s\"/>\n",
          x1, y1, x2, y2, class);
}

static void row_name(FILE *f, const struct bar *b, double y) {
  char count[48], label[96];
  sprintf(label, "%s %s", commas(count, (double)b->count), name_of(b));
  text(f, LEFT - 12, y + 5, "end", label);
}

// The next 1, 2 or 5 times a power of ten, from value / steps on.
static double step_of(double value, int steps) {
  double raw = value / steps, power = pow(10, floor(log10(raw)));
  double m = raw / power;
  return (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10) * power;
}

static double linear_axis(FILE *f, double most, double top, double foot) {
  double step = step_of(most, 5), end = ceil(most / step) * step;
  char label[48];
  for (double v = 0; v <= end; v += step) {
    double x = LEFT + (RIGHT - LEFT) * v / end;
    line(f, x, top, x, foot, v > 0 ? "grid" : "axis");
    text(f, x, foot + 18, "soft mid", commas(label, v));
  }
  text(f, (LEFT + RIGHT) / 2.0, foot + 38, "soft mid",
       "bytes of resident memory per task");
  return end;
}

static double draw_resident(FILE *f) {
  double most = 1, foot = TOP + n_bars * ROW;
  for (int i = 0; i < n_bars; i++)
    most = fmax(most, bytes_each(&bars[i]));
  text(f, 40, TOP - 16, "head", "What one task adds to RSS");
  double end = linear_axis(f, most, TOP, foot);
  for (int i = 0; i < n_bars; i++) {
    const struct bar *b = &bars[i];
    double y = TOP + i * ROW + ROW / 2.0;
    double width = (RIGHT - LEFT) * bytes_each(b) / end;
    char label[48];
    row_name(f, b, y);
    fprintf(f,
            "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"20\" rx=\"2\""
            " class=\"%s\"/>\n",
            LEFT, y - 10, width, is_vine(b) ? "vine" : "pthread");
    text(f, LEFT + width + 8, y + 5, "value", commas(label, bytes_each(b)));
  }
  return foot;
}

static const char *size_text(char *out, double bytes) {
  int unit = 0;
  while (bytes >= 999.5 && unit < 4) {
    bytes /= 1000;
    unit++;
  }
  sprintf(out, "%.*f %s", bytes < 9.95 && bytes != floor(bytes), bytes,
          (const char *const[]){"B", "kB", "MB", "GB", "TB"}[unit]);
  return out;
}

// 10 MB to 100 GB, a step for each power of ten.
static double log_x(double bytes) {
  return LEFT + (RIGHT - LEFT) * (log10(bytes) - 7) / 4;
}

static void log_axis(FILE *f, double top, double foot) {
  char label[48];
  for (double v = 1e7; v < 2e11; v *= 10) {
    line(f, log_x(v), top, log_x(v), foot, v > 1e7 ? "grid" : "axis");
    text(f, log_x(v), foot + 18, "soft mid", size_text(label, v));
  }
  text(f, (LEFT + RIGHT) / 2.0, foot + 38, "soft mid",
       "address space of the process (logarithmic scale)");
}

// Of the rows with the first one's number of tasks.
static void draw_address_space(FILE *f, double top) {
  char head[96], count[48], label[48];
  int rows = 0;
  for (int i = 0; i < n_bars; i++)
    rows += bars[i].count == bars[0].count;
  double foot = top + rows * ROW;
  sprintf(head, "Address space (VSZ) of a process with %s tasks",
          commas(count, (double)bars[0].count));
  text(f, 40, top - 16, "head", head);
  log_axis(f, top, foot);
  for (int i = 0, row = 0; i < n_bars; i++) {
    const struct bar *b = &bars[i];
    if (b->count != bars[0].count)
      continue;
    double y = top + row++ * ROW + ROW / 2.0;
    double x = log_x(fmin(fmax(b->vsz, 1e7), 1e11));
    row_name(f, b, y);
    line(f, LEFT, y, x, y, "grid");
    fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" class=\"%s\"/>\n", x, y,
            is_vine(b) ? "vine" : "pthread");
    text(f, x + 14, y + 5, "value", size_text(label, b->vsz));
  }
}

static int draw_picture(const char *path) {
  FILE *f = fopen(path, "w");
  if (!f) {
    perror(path);
    return 1;
  }
  int same = 0;
  for (int i = 0; i < n_bars; i++)
    same += bars[i].count == bars[0].count;
  int height = TOP + (n_bars + same) * ROW + BETWEEN + BOTTOM;
  fprintf(f,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\""
          " height=\"%d\" viewBox=\"0 0 %d %d\">\n<style>%s</style>\n"
          "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
          WIDTH, height, WIDTH, height, style);
  text(f, 40, 44, "title", "Memory of tasks that wait");
  text(f, 40, 64, "soft", "threads of the system, and Vine's goroutines");
  double foot = draw_resident(f);
  draw_address_space(f, foot + BETWEEN);
  fputs("</svg>\n", f);
  return fclose(f) != 0;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: chart FILE.svg <measurements\n");
    return 1;
  }
  read_bars();
  if (n_bars == 0) {
    fprintf(stderr, "chart: no measurements\n");
    return 1;
  }
  draw_text();
  return draw_picture(argv[1]);
}
