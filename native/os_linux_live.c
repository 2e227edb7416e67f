/* Waiting for a word that another process changes: a futex on a page that both have mapped. */
#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Headers of older C libraries and kernels do not have these. */
enum { FUTEX_WAITV_CALL = 449, WORD_OF_32 = 2, WORD_OF_32_PRIVATE = 2 | 128 };
struct waited {
  uint64_t value;
  uint64_t address;
  uint32_t flags;
  uint32_t reserved;
};

/* Kernels before 5.16 wait for one word only; seccomp filters that do not know the call refuse it as EPERM. */
#ifdef VARVE_PORTABLE
static bool lacks_waitv = true;
#else
static bool lacks_waitv;
#endif

static long futex(const uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
  return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

int os_ring(uint32_t *word) {
  __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
  long woken = futex(word, FUTEX_WAKE, INT_MAX, NULL);
  return woken > 0 ? (int)woken : 0;
}

static long wait_for_both(const uint32_t *word, uint32_t seen, const uint32_t *control, uint32_t going) {
  struct waited both[] = {
      {.value = seen, .address = (uintptr_t)word, .flags = WORD_OF_32},
      {.value = going, .address = (uintptr_t)control, .flags = WORD_OF_32_PRIVATE},
  };
  return syscall(FUTEX_WAITV_CALL, both, 2, 0, NULL, CLOCK_MONOTONIC);
}

int os_wait(const uint32_t *word, uint32_t seen, const uint32_t *control, uint32_t going) {
  long result = -1;
  bool lacking = __atomic_load_n(&lacks_waitv, __ATOMIC_RELAXED);
  if (!lacking) {
    result = wait_for_both(word, seen, control, going);
    lacking = result < 0 && (errno == ENOSYS || errno == EPERM);
    if (lacking) __atomic_store_n(&lacks_waitv, true, __ATOMIC_RELAXED);
  }
  if (lacking) {
    /* Whoever ends the thread wakes it by `word`; the limit is for a file that was cut off under it. */
    const struct timespec limit = {.tv_sec = 2};
    result = futex(word, FUTEX_WAIT, seen, &limit);
  }
  return result >= 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT ? 0 : errno;
}

void os_rest(const uint32_t *control, uint32_t resting) {
  futex(control, FUTEX_WAIT_PRIVATE, resting, NULL);
}

void os_rouse(const uint32_t *control) {
  futex(control, FUTEX_WAKE_PRIVATE, 1, NULL);
}

void os_await_end(const uint32_t *word, const uint32_t *ended) {
  const struct timespec moment = {.tv_nsec = 50 * 1000};
  /* It may be just about to wait: so once is not enough. Others who wait for the word go on waiting. */
  while (__atomic_load_n(&lacks_waitv, __ATOMIC_RELAXED) && !__atomic_load_n(ended, __ATOMIC_ACQUIRE)) {
    futex(word, FUTEX_WAKE, INT_MAX, NULL);
    nanosleep(&moment, NULL);
  }
}
