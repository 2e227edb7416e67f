/*
 * The clock, and a probe that tells whether somebody else works on the other half of the core: six chains of additions, as many at a time
 * as the core can do, take longer then. bench/lib/calm.ts says what that is for.
 */
#include <stdint.h>
#include <time.h>

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Nanoseconds of some 30,000: long beside the clock, short beside a round. */
static uint64_t probe(void) {
  uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
  uint64_t begin = now();
  for (int step = 0; step < 40000; step++) {
    a += 1, b += 1, c += 1, d += 1, e += 1, f += 1;
    /* The compiler may not know what becomes of them, and so has to do each. */
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
  }
  return now() - begin;
}
