// SPDX-License-Identifier: MIT
// After go/test/chan/powser1.go: power series as channels of rationals, by
// Doug McIlroy ("Squinting at Power Series"). A series is a demand channel:
// a request, then a term; a zero denominator is the end.
#include "chan.h"

struct rat {
  int64_t num, den;
};
struct series {
  vine_chan_t req, dat;
  struct series *older;
};
typedef struct series *ps;

// --- rationals ---

static int64_t gcd(int64_t u, int64_t v) {
  return u < 0 ? gcd(-u, v) : u == 0 ? v : gcd(v % u, u);
}

static struct rat ratio(int64_t u, int64_t v) {
  int64_t g = gcd(u, v);
  return v > 0 ? (struct rat){u / g, v / g} : (struct rat){-u / g, -v / g};
}

static const struct rat zero = {0, 1}, one = {1, 1}, finis = {1, 0};

static bool is_end(struct rat u) { return u.den == 0; }

static struct rat add(struct rat u, struct rat v) {
  int64_t g = gcd(u.den, v.den);
  return ratio(u.num * (v.den / g) + v.num * (u.den / g), u.den * (v.den / g));
}

static struct rat mul(struct rat u, struct rat v) {
  int64_t g1 = gcd(u.num, v.den), g2 = gcd(u.den, v.num);
  return (struct rat){(u.num / g1) * (v.num / g2), (u.den / g2) * (v.den / g1)};
}

static struct rat neg(struct rat u) { return ratio(-u.num, u.den); }

// --- demand channels ---

// Where Go has a collector, all stay, and are no leak.
static ps newest;

static ps new_ps(void) {
  ps p = malloc(sizeof *p);
  *p = (struct series){vine_chan_make(int, 0), vine_chan_make(struct rat, 0),
                       NULL};
  p->older = __atomic_exchange_n(&newest, p, __ATOMIC_ACQ_REL);
  return p;
}

static void put(struct rat dat, ps out) {
  vine_recv(out->req, int);
  vine_send(out->dat, dat);
}

static struct rat get(ps in) {
  vine_send(in->req, 1);
  return vine_recv(in->dat, struct rat);
}

// One term from each of two series, in any order.
static void get2(ps a, ps b, struct rat out[2]) {
  ps in[2] = {a, b};
  int want = 1;
  struct vine_select_case k[4] = {
      vine_case_send(a->req, &want), vine_case_send(b->req, &want),
      vine_case_recv(NULL, &out[0]), vine_case_recv(NULL, &out[1])};
  for (int n = 4; n > 0; n--) {
    int i = vine_select(k, 4);
    k[i].chan = NULL;
    if (i < 2)
      k[i + 2].chan = in[i]->dat;
  }
}

static void copy(ps in, ps out) {
  for (;;) {
    vine_recv(out->req, int);
    vine_send(out->dat, get(in));
  }
}

// --- processes: one struct of arguments for all ---

struct job {
  void (*run)(struct job *);
  ps z, u, v, *out;
  struct rat c;
  int n;
  vine_chan_t wait;
};

static void job_main(void *arg) {
  struct job j = *(struct job *)arg;
  free(arg);
  j.run(&j);
}

static ps go(struct job j) {
  struct job *p = malloc(sizeof *p);
  *p = j;
  start(job_main, p);
  return j.z;
}

static void split(ps in, ps out[2]);

// Replicates `in` onto two series, which may be read at different rates: a
// process for each term, which ends when both have had it.
static void do_split(struct job *j) {
  ps *out = j->out;
  bool both = false;
  struct vine_select_case k[] = {vine_case_recv(out[0]->req, (int *)NULL),
                                 vine_case_recv(j->wait, (int *)NULL)};
  if (vine_select(k, 2) == 1) {
    both = true;
    struct vine_select_case r[] = {vine_case_recv(out[0]->req, (int *)NULL),
                                   vine_case_recv(out[1]->req, (int *)NULL)};
    if (vine_select(r, 2) == 1) {
      ps t = out[0];
      out[0] = out[1];
      out[1] = t;
    }
  }
  ps mine[2] = {out[0], out[1]};
  vine_send(j->u->req, 1);
  vine_chan_t release = vine_chan_make(int, 0);
  go((struct job){do_split, .u = j->u, .out = out, .wait = release});
  struct rat dat = vine_recv(j->u->dat, struct rat);
  vine_send(mine[0]->dat, dat);
  if (!both)
    vine_recv(j->wait, int);
  vine_recv(mine[1]->req, int);
  vine_send(mine[1]->dat, dat);
  vine_send(release, 0);
}

static void split(ps in, ps out[2]) {
  vine_chan_t release = vine_chan_make(int, 0);
  go((struct job){do_split, .u = in, .out = out, .wait = release});
  vine_send(release, 0);
}

static void split_job(struct job *j) { split(j->u, j->out); }

static ps *new_ps2(void) {
  ps *p = malloc(2 * sizeof *p);
  p[0] = new_ps();
  p[1] = new_ps();
  return p;
}

static ps *split_of(ps u) {
  ps *uu = new_ps2();
  go((struct job){split_job, .u = u, .out = uu});
  return uu;
}

static void repeat(struct job *j) {
  for (;;)
    put(j->c, j->z);
}
static ps Rep(struct rat c) {
  return go((struct job){repeat, .z = new_ps(), .c = c});
}

static void add_job(struct job *j) {
  for (;;) {
    struct rat uv[2];
    vine_recv(j->z->req, int);
    get2(j->u, j->v, uv);
    int ends = is_end(uv[0]) + 2 * is_end(uv[1]);
    vine_send(j->z->dat, ends == 0   ? add(uv[0], uv[1])
                         : ends == 1 ? uv[1]
                         : ends == 2 ? uv[0]
                                     : finis);
    if (ends == 1 || ends == 2)
      copy(ends == 1 ? j->v : j->u, j->z);
  }
}
static ps Add(ps u, ps v) {
  return go((struct job){add_job, .z = new_ps(), .u = u, .v = v});
}

static void cmul_job(struct job *j) {
  for (;;) {
    vine_recv(j->z->req, int);
    struct rat u = get(j->u);
    vine_send(j->z->dat, is_end(u) ? finis : mul(j->c, u));
  }
}
static ps Cmul(struct rat c, ps u) {
  return go((struct job){cmul_job, .z = new_ps(), .u = u, .c = c});
}

// (u + x*UU)(v + x*VV) = u*v + x*(u*VV + v*UU) + x*x*UU*VV
static ps Mul(ps u, ps v);
static void mul_job(struct job *j) {
  struct rat uv[2];
  vine_recv(j->z->req, int);
  get2(j->u, j->v, uv);
  if (is_end(uv[0]) || is_end(uv[1])) {
    vine_send(j->z->dat, finis);
    return;
  }
  vine_send(j->z->dat, mul(uv[0], uv[1]));
  ps *uu = split_of(j->u), *vv = split_of(j->v);
  ps w = Add(Cmul(uv[0], vv[0]), Cmul(uv[1], uu[0]));
  vine_recv(j->z->req, int);
  vine_send(j->z->dat, get(w));
  copy(Add(w, Mul(uu[1], vv[1])), j->z);
}
static ps Mul(ps u, ps v) {
  return go((struct job){mul_job, .z = new_ps(), .u = u, .v = v});
}

static void diff_job(struct job *j) {
  vine_recv(j->z->req, int);
  struct rat u = get(j->u);
  for (int i = 1; !is_end(u) && !is_end(u = get(j->u)); i++) {
    vine_send(j->z->dat, mul(ratio(i, 1), u));
    vine_recv(j->z->req, int);
  }
  vine_send(j->z->dat, finis);
}
static ps Diff(ps u) {
  return go((struct job){diff_job, .z = new_ps(), .u = u});
}

static void integ_job(struct job *j) {
  put(j->c, j->z);
  for (int i = 1;; i++) {
    vine_recv(j->z->req, int);
    struct rat u = get(j->u);
    vine_send(j->z->dat, is_end(u) ? finis : mul(ratio(1, i), u));
    if (is_end(u))
      return;
  }
}
static ps Integ(struct rat c, ps u) {
  return go((struct job){integ_job, .z = new_ps(), .u = u, .c = c});
}

// Z = exp(U): DZ = Z*DU; integrate.
static ps Exp(ps u) {
  ps *zz = new_ps2();
  split(Integ(one, Mul(zz[0], Diff(u))), zz);
  return zz[1];
}

// U(c x^n)
static void mon_subst_job(struct job *j) {
  struct rat c = one;
  for (;;) {
    vine_recv(j->z->req, int);
    struct rat u = get(j->u);
    vine_send(j->z->dat, is_end(u) ? finis : mul(u, c));
    c = mul(c, j->c);
    for (int i = 1; i < j->n; i++)
      put(zero, j->z);
  }
}
static ps MonSubst(ps u, struct rat c, int n) {
  return go((struct job){mon_subst_job, .z = new_ps(), .u = u, .c = c, .n = n});
}

// --- checks ---

static void check(ps u, const struct rat *want, int n, const char *name) {
  for (int i = 0; i < n; i++) {
    struct rat r = get(u);
    if (r.num != want[i].num || r.den != want[i].den)
      TEST_FAIL("%s: term %d is %lld/%lld, not %lld/%lld", name, i,
                (long long)r.num, (long long)r.den, (long long)want[i].num,
                (long long)want[i].den);
  }
}

int main(void) {
  enum { N = 10 };
  ps ones = Rep(one), twos = Rep(ratio(2, 1));
  struct rat a[N], b[N], c[N];
  const struct rat e[N] = {
      {1, 1},    {1, 1},      {3, 2},        {13, 6},       {73, 24},
      {167, 40}, {4051, 720}, {37633, 5040}, {43817, 4480}, {4596553, 362880}};
  for (int i = 0; i < N; i++) {
    a[i] = ratio(i + 1, 1);
    b[i] = i ? ratio(1, i) : zero;
    c[i] = i % 2 == 0 ? zero : ratio(i % 4 == 1 ? 1 : -1, i);
  }
  struct rat three[] = {{3, 1}, {3, 1}, {3, 1}};
  struct rat minus[] = {{-2, 1}, {-2, 1}, {-2, 1}};
  check(Add(ones, twos), three, 3, "Add");
  check(Diff(ones), a, N, "Diff");
  check(Integ(zero, ones), b, N, "Integ");
  check(Cmul(neg(one), twos), minus, 3, "CMul");
  check(Mul(ones, ones), a, N, "Mul");
  check(Exp(ones), e, N, "Exp");
  check(Integ(zero, MonSubst(ones, neg(one), 2)), c, N, "ATan");
  return 0;
}
