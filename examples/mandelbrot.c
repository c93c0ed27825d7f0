// SPDX-License-Identifier: MIT
// The Mandelbrot set as an image (PGM, to standard output), each row by a
// goroutine of its own. The runtime spreads them over all processors; rows
// inside the set take much longer than others, and nobody has to care.
//
//   vinecc -O2 mandelbrot.c -o mandelbrot && ./mandelbrot 800 >mandelbrot.pgm
#include <stdio.h>
#include <stdlib.h>
#include <vine.h>

enum { WHITE = 255, MAX_SIZE = 1 << 15 };

struct image {
  int size; // pixels, each way
  unsigned char *pixels;
};

// 0 for points of the set; the sooner one leaves, the brighter it is.
static unsigned char shade(double re, double im) {
  double x = 0, y = 0;
  for (int i = WHITE; i > 0; i--) {
    double xx = x * x, yy = y * y;
    if (xx + yy > 4)
      return (unsigned char)i;
    y = 2 * x * y + im;
    x = xx - yy + re;
  }
  return 0;
}

static void draw_row(struct image *img, int row, vine_group *done) {
  double step = 3.0 / img->size;
  unsigned char *pixel = img->pixels + (size_t)row * img->size;
  for (int col = 0; col < img->size; col++)
    pixel[col] = shade(-2.25 + col * step, -1.5 + row * step);
  vine_group_done(done);
}

static int write_pgm(const struct image *img, FILE *out) {
  size_t bytes = (size_t)img->size * img->size;
  fprintf(out, "P5\n%d %d\n%d\n", img->size, img->size, WHITE);
  fwrite(img->pixels, 1, bytes, out);
  return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

int main(int argc, char **argv) {
  struct image img = {.size = argc > 1 ? atoi(argv[1]) : 400};
  vine_group done = VINE_GROUP_INIT;

  if (img.size < 1 || img.size > MAX_SIZE) {
    fprintf(stderr, "usage: mandelbrot [size, at most %d]\n", MAX_SIZE);
    return 1;
  }
  img.pixels = malloc((size_t)img.size * img.size);
  if (!img.pixels) {
    perror("mandelbrot");
    return 1;
  }
  vine_group_add(&done, img.size);
  for (int row = 0; row < img.size; row++)
    vine_go(draw_row(&img, row, &done));
  vine_group_wait(&done);

  int err = write_pgm(&img, stdout);
  if (err)
    perror("mandelbrot");
  free(img.pixels);
  return err ? 1 : 0;
}
