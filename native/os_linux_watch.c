/*
 * Touching a mapped page that the file no longer has, or that the disk has no room for, raises SIGBUS. For pages that
 * are watched the handler puts a zero page in the place and counts; every other SIGBUS goes where it went before.
 */
#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Nodes are never given back to the system, only used again, so that the handler can walk the list at any moment, in
 * any thread, without a lock. A node is being changed while `version` is odd.
 */
struct os_watch {
  unsigned version;
  uintptr_t base; /* 0: not in use */
  size_t span;
  double *counter;
  unsigned lost;
  struct os_watch *next;      /* of all nodes; never changes */
  struct os_watch *next_free; /* of those not in use */
};

static struct os_watch *all;
static struct os_watch *unused;
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t installed = PTHREAD_ONCE_INIT;
static struct sigaction previous;
static size_t page_size;

typedef uint64_t __attribute__((may_alias)) double_bits;

/* Adds 1 to a double that other threads may be adding to. */
static void count(double *counter) {
  double_bits *bits = (double_bits *)counter;
  double_bits seen = __atomic_load_n(bits, __ATOMIC_RELAXED);
  double_bits wanted;
  do {
    double value;
    memcpy(&value, &seen, sizeof value);
    value += 1;
    memcpy(&wanted, &value, sizeof wanted);
  } while (!__atomic_compare_exchange_n(bits, &seen, wanted, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

static bool covers(struct os_watch *node, uintptr_t address) {
  unsigned version = __atomic_load_n(&node->version, __ATOMIC_ACQUIRE);
  uintptr_t base = __atomic_load_n(&node->base, __ATOMIC_RELAXED);
  size_t span = __atomic_load_n(&node->span, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  bool steady = (version & 1) == 0 && version == __atomic_load_n(&node->version, __ATOMIC_RELAXED);
  return steady && base != 0 && address - base < span;
}

static bool put_zeroes(uintptr_t at, size_t span) {
  int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  return mmap((void *)at, span, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED;
}

static bool rescue(uintptr_t address) {
  struct os_watch *node = __atomic_load_n(&all, __ATOMIC_ACQUIRE);
  while (node != NULL && !covers(node, address)) node = node->next;
  if (node == NULL) return false;
  /* Too many separate pages for the kernel: then the whole mapping goes, which takes fewer. */
  if (!put_zeroes(address & ~(uintptr_t)(page_size - 1), page_size) && !put_zeroes(node->base, node->span)) return false;
  __atomic_add_fetch(&node->lost, 1, __ATOMIC_SEQ_CST);
  count(node->counter);
  return true;
}

static void pass_on(int signal, siginfo_t *info, void *context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else if (info->si_code > 0 || previous.sa_handler == SIG_DFL) {
    /* A fault happens again on return, and one that was sent is sent again: the process ends as it would have. */
    sigaction(signal, &previous, NULL);
    if (info->si_code <= 0) raise(signal);
  }
}

static void on_sigbus(int signal, siginfo_t *info, void *context) {
  int saved = errno;
  bool is_fault = info->si_code > 0; /* not sent by a process */
  if (!is_fault || !rescue((uintptr_t)info->si_addr)) pass_on(signal, info, context);
  errno = saved;
}

static void install(void) {
  page_size = os_page_size();
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_sigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

static struct os_watch *take_node(void) {
  struct os_watch *node = unused;
  if (node != NULL) {
    unused = node->next_free;
    return node;
  }
  node = calloc(1, sizeof *node);
  if (node == NULL) return NULL;
  node->next = all;
  __atomic_store_n(&all, node, __ATOMIC_RELEASE);
  return node;
}

static void change(struct os_watch *node, uintptr_t base, size_t span, double *counter) {
  __atomic_add_fetch(&node->version, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&node->base, base, __ATOMIC_RELAXED);
  __atomic_store_n(&node->span, span, __ATOMIC_RELAXED);
  node->counter = counter;
  __atomic_store_n(&node->lost, 0, __ATOMIC_RELAXED);
  __atomic_add_fetch(&node->version, 1, __ATOMIC_SEQ_CST);
}

struct os_watch *os_watch(const struct os_pages *pages, double *counter) {
  pthread_once(&installed, install);
  pthread_mutex_lock(&changing);
  struct os_watch *node = take_node();
  if (node != NULL) change(node, (uintptr_t)pages->base, pages->span, counter);
  pthread_mutex_unlock(&changing);
  return node;
}

void os_unwatch(struct os_watch *watch) {
  pthread_mutex_lock(&changing);
  change(watch, 0, 0, NULL);
  watch->next_free = unused;
  unused = watch;
  pthread_mutex_unlock(&changing);
}

bool os_watch_lost(const struct os_watch *watch) {
  return __atomic_load_n(&watch->lost, __ATOMIC_SEQ_CST) != 0;
}
