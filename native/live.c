/*
 * The calls about live files: waking readers of other processes, and being woken. A listener is a thread that is parked
 * in the kernel until the word changes; it starts when somebody waits for the first time.
 */
#include "addon.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { RESTING, WAITING, ENDING };
enum { STACK_BYTES = 256 * 1024 };
/* What is loaded: four words; then how many threads there are, each with a word in a line behind. */
enum { WORDS = 4, PERSISTED = 1, LINE_WORDS = 8, LINES = 62, THREADS_MAX = 2 * LINES };
enum { LISTENED_BYTES = (1 + LINES) * LINE_WORDS * sizeof(uint64_t) };

struct listener {
  struct listener *next;
  struct state *state;
  double id;
  struct os_pages pages; /* to be read only, and never seen by JavaScript */
  struct os_watch *watch;
  napi_threadsafe_function on_news;
  pthread_t thread;
  bool started;
  uint32_t seen;    /* what the caller knows already: stored before WAITING */
  uint32_t control; /* what the thread is to do; it goes from WAITING to RESTING by itself */
  uint32_t ended;
};

/* ---- the writer ---- */

napi_value call_ring(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct state *state;
  double id;
  uint64_t position;
  if (!take(env, info, 2, arguments, &state) || !take_whole(env, arguments[1], &position)) return NULL;
  const struct mapping *mapping = NULL;
  if (napi_get_value_double(env, arguments[0], &id) == napi_ok) mapping = mapping_of(state, id);
  bool fits = mapping != NULL && position % 4 == 0 && position < mapping->length && mapping->length - position >= 4;
  if (!fits) return throw_range(env, "Cannot ring: there is no such mapping, or no such word in it");
  napi_value result = NULL;
  napi_create_int32(env, os_ring((uint32_t *)(mapping->pages.bytes + position)), &result);
  return result;
}

/* ---- the thread ---- */

static const uint32_t *word_of(const struct listener *listener) {
  return (const uint32_t *)listener->pages.bytes;
}

static char failed; /* what `tell` is handed then */

static void *listen(void *data) {
  struct listener *listener = data;
  const uint32_t *word = word_of(listener);
  for (;;) {
    uint32_t control = __atomic_load_n(&listener->control, __ATOMIC_ACQUIRE);
    if (control == ENDING) break;
    if (control == RESTING) {
      os_rest(&listener->control, RESTING);
      continue;
    }
    uint32_t seen = __atomic_load_n(&listener->seen, __ATOMIC_RELAXED);
    int error = os_wait(word, seen, &listener->control, WAITING);
    bool news = error != 0 || __atomic_load_n(word, __ATOMIC_ACQUIRE) != seen;
    bool told = news && __atomic_compare_exchange_n(&listener->control, &control, RESTING, false, __ATOMIC_SEQ_CST,
                                                    __ATOMIC_RELAXED);
    if (told) napi_call_threadsafe_function(listener->on_news, error == 0 ? NULL : &failed, napi_tsfn_nonblocking);
  }
  __atomic_store_n(&listener->ended, 1, __ATOMIC_RELEASE);
  return NULL;
}

/* Signals of the process are not for this thread; those of its own faults are. */
static int start(struct listener *listener) {
  sigset_t blocked, previous;
  sigfillset(&blocked);
  for (size_t i = 0; i < 4; i++) sigdelset(&blocked, (const int[]){SIGBUS, SIGSEGV, SIGILL, SIGFPE}[i]);
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_sigmask(SIG_SETMASK, &blocked, &previous);
  error = pthread_create(&listener->thread, &attributes, listen, listener);
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  pthread_attr_destroy(&attributes);
  listener->started = error == 0;
  return error;
}

static void end_thread(struct listener *listener) {
  if (!listener->started) return;
  __atomic_store_n(&listener->control, ENDING, __ATOMIC_RELEASE);
  os_rouse(&listener->control);
  os_await_end(word_of(listener), &listener->ended);
  pthread_join(listener->thread, NULL);
}

/* ---- the life of a listener ---- */

/* Also when the environment ends, in the midst of a wait or not. */
static void end(void *data) {
  struct listener *listener = data;
  end_thread(listener);
  napi_release_threadsafe_function(listener->on_news, napi_tsfn_abort);
  struct listener **link = &listener->state->listeners;
  while (*link != listener) link = &(*link)->next;
  *link = listener->next;
  os_unwatch(listener->watch);
  os_unmap(&listener->pages);
  free(listener);
}

static void tell(napi_env env, napi_value callback, void *context, void *data) {
  (void)context;
  if (env == NULL || callback == NULL) return; /* the environment ends */
  napi_value receiver, argument;
  bool made = napi_get_undefined(env, &receiver) == napi_ok && napi_get_boolean(env, data != NULL, &argument) == napi_ok;
  if (made) napi_call_function(env, receiver, callback, 1, &argument, NULL);
}

static bool connect_to(napi_env env, napi_value callback, struct listener *listener) {
  napi_value name;
  if (napi_create_string_utf8(env, "varve live file", NAPI_AUTO_LENGTH, &name) != napi_ok) return false;
  napi_status made = napi_create_threadsafe_function(env, callback, NULL, name, 0, 1, NULL, NULL, NULL, tell,
                                                     &listener->on_news);
  if (made != napi_ok) return false;
  /* What keeps the process alive is for those to say who wait. */
  if (napi_unref_threadsafe_function(env, listener->on_news) == napi_ok &&
      napi_add_env_cleanup_hook(env, end, listener) == napi_ok)
    return true;
  napi_release_threadsafe_function(listener->on_news, napi_tsfn_abort);
  return false;
}

static struct listener *listener_create(napi_env env, struct state *state, const struct os_pages *pages,
                                        napi_value callback) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL) return NULL;
  *listener = (struct listener){.next = state->listeners, .state = state, .pages = *pages};
  listener->watch = os_watch(pages, &state->block[BLOCK_LOST]);
  if (listener->watch != NULL && connect_to(env, callback, listener)) {
    listener->id = (double)(++state->made);
    state->listeners = listener;
    return listener;
  }
  if (listener->watch != NULL) os_unwatch(listener->watch);
  free(listener);
  return NULL;
}

napi_value call_listen(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  struct state *state;
  int fd;
  uint64_t from;
  bool taken = take(env, info, 3, arguments, &state) && take_fd(env, arguments[0], &fd) &&
               take_whole(env, arguments[1], &from);
  if (!taken) return NULL;
  if (from % CPU_LINE != 0 || from > INT32_MAX) return throw_range(env, "Cannot listen: no word can stand there");
  struct os_pages pages;
  int error = os_map(fd, from, LISTENED_BYTES, OS_READ, &pages);
  if (error != 0) return throw_errno(env, error, "mmap", "the file cannot be mapped");
  struct listener *listener = listener_create(env, state, &pages, arguments[2]);
  napi_value result = NULL;
  if (listener != NULL) {
    napi_create_double(env, listener->id, &result);
    return result;
  }
  os_unmap(&pages);
  return throw_errno(env, ENOMEM, "mmap", "no memory to listen, or no function to call");
}

/* ---- the calls of a reader ---- */

static struct listener *take_listener(napi_env env, napi_value value, const struct state *state) {
  double id;
  struct listener *listener = NULL;
  if (napi_get_value_double(env, value, &id) == napi_ok) {
    for (listener = state->listeners; listener != NULL && listener->id != id;) listener = listener->next;
  }
  if (listener == NULL) throw_range(env, "Cannot use the listener: it does not exist, or not any more");
  return listener;
}

/*
 * The greatest of what threads say that they have persisted, each for itself. Numbers that are none of a timestamp's count for
 * nothing: doubles that are not negative are in the order of their bits.
 */
static uint64_t newest_acknowledged(const uint64_t *words) {
  const uint64_t too_great = 0x4340000000000000; /* 2^53 */
  uint32_t threads = __atomic_load_n((const uint32_t *)(words + WORDS), __ATOMIC_ACQUIRE);
  uint64_t newest = 0;
  for (uint32_t i = 0; i < threads && i < THREADS_MAX; i++) {
    const uint64_t *said = words + LINE_WORDS * (1 + i % LINES) + i / LINES;
    uint64_t value = __atomic_load_n(said, __ATOMIC_ACQUIRE);
    if (value > newest && value < too_great) newest = value;
  }
  return newest;
}

napi_value call_peek(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct state *state;
  if (!take(env, info, 1, &argument, &state)) return NULL;
  const struct listener *listener = take_listener(env, argument, state);
  if (listener == NULL) return NULL;
  const uint64_t *words = (const uint64_t *)listener->pages.bytes;
  uint64_t found[WORDS];
  uint64_t acknowledged = newest_acknowledged(words);
  /* The first one last: what it counts is there if the others say so. */
  for (size_t i = WORDS; i-- > 0;) found[i] = __atomic_load_n(words + i, __ATOMIC_ACQUIRE);
  if (acknowledged > found[PERSISTED]) found[PERSISTED] = acknowledged;
  memcpy(state->block + 8, found, sizeof found);
  return NULL;
}

napi_value call_wait(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct state *state;
  uint32_t seen;
  if (!take(env, info, 2, arguments, &state) || !take_word(env, arguments[1], &seen)) return NULL;
  struct listener *listener = take_listener(env, arguments[0], state);
  if (listener == NULL) return NULL;
  /* One that still waits knows less, and so wakes no later. */
  if (__atomic_load_n(&listener->control, __ATOMIC_ACQUIRE) == WAITING) return NULL;
  __atomic_store_n(&listener->seen, seen, __ATOMIC_RELAXED);
  __atomic_store_n(&listener->control, WAITING, __ATOMIC_RELEASE);
  int error = 0;
  if (listener->started) os_rouse(&listener->control);
  else error = start(listener);
  if (error == 0) return NULL;
  listener->control = RESTING;
  return throw_errno(env, error, "pthread_create", "no thread can be started");
}

napi_value call_unlisten(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct state *state;
  if (!take(env, info, 1, &argument, &state)) return NULL;
  struct listener *listener = take_listener(env, argument, state);
  if (listener == NULL) return NULL;
  napi_remove_env_cleanup_hook(env, end, listener);
  end(listener);
  return NULL;
}
