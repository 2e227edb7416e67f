/* The calls about files, and the life of a mapping: mapped, retired, collected. */
#include "addon.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void detect(void) {
  cpu_detect();
}

void detect_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, detect);
}

/* ---- the environment ---- */

static void end_hold(struct hold **place) {
  struct hold *hold = *place;
  *place = hold->next;
  os_close(hold->fd);
  free(hold);
}

static void release_state(struct state *state) {
  if (--state->holders > 0) return;
  free(state->slots);
  free(state);
}

static void on_environment_gone(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct state *state = data;
  while (state->holds != NULL) end_hold(&state->holds);
  release_state(state);
}

struct state *state_create(napi_env env) {
  struct state *state = aligned_alloc(_Alignof(struct state), sizeof *state);
  if (state == NULL) return NULL;
  memset(state, 0, sizeof *state);
  state->free = NO_SLOT;
  state->holders = 1;
  if (napi_set_instance_data(env, state, on_environment_gone, NULL) == napi_ok) return state;
  free(state);
  return NULL;
}

/* ---- slots ---- */

static bool grow_slots(struct state *state) {
  uint32_t capacity = state->capacity == 0 ? 16 : state->capacity * 2;
  if (capacity > NO_SLOT) return false;
  struct slot *slots = realloc(state->slots, capacity * sizeof *slots);
  if (slots == NULL) return false;
  for (uint32_t slot = capacity; slot-- > state->capacity;) {
    slots[slot] = (struct slot){.mapping = NULL, .next_free = state->free};
    state->free = slot;
  }
  state->slots = slots;
  state->capacity = capacity;
  return true;
}

static bool enter(struct state *state, struct mapping *mapping) {
  if (state->free == NO_SLOT && !grow_slots(state)) return false;
  uint32_t slot = state->free;
  state->free = state->slots[slot].next_free;
  state->slots[slot].mapping = mapping;
  state->made += 1;
  mapping->id = (double)(state->made << SLOT_BITS | slot);
  return true;
}

static void leave(struct state *state, const struct mapping *mapping) {
  uint32_t slot = (uint32_t)((uint64_t)mapping->id & NO_SLOT);
  state->slots[slot] = (struct slot){.mapping = NULL, .next_free = state->free};
  state->free = slot;
}

/* ---- the life of a mapping ---- */

/* From here on the number means nothing, and SIGBUS is nobody's business. */
static void retire(struct mapping *mapping) {
  leave(mapping->state, mapping);
  os_unwatch(mapping->watch);
  mapping->retired = true;
}

static bool is_stolen(napi_env env, const struct mapping *mapping, napi_value *memory) {
  bool detached = false;
  bool known = napi_get_reference_value(env, mapping->memory, memory) == napi_ok && *memory != NULL &&
               napi_is_detached_arraybuffer(env, *memory, &detached) == napi_ok;
  return !known || detached;
}

/*
 * Nobody can see the memory any more, or the environment ends and detaches what it has. A stolen buffer may have gone
 * to a thread that outlives this one: its zeroes stay, which takes addresses and no memory.
 */
static void on_collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  struct mapping *mapping = hint;
  struct state *state = mapping->state;
  if (!mapping->retired) retire(mapping);
  if (!mapping->stolen) os_unmap(&mapping->pages);
  free(mapping);
  release_state(state);
}

/* ---- map ---- */

static bool take_kind(napi_env env, napi_value value, enum os_kind *kind) {
  char name[16] = "";
  size_t length;
  napi_get_value_string_utf8(env, value, name, sizeof name, &length);
  if (strcmp(name, "shared") == 0) *kind = OS_SHARED;
  else if (strcmp(name, "sync") == 0) *kind = OS_SYNC;
  else if (strcmp(name, "private") == 0) *kind = OS_PRIVATE;
  else {
    napi_throw_type_error(env, "VARVE_ARGUMENT", "Cannot map: the kind must be 'shared', 'sync' or 'private'");
    return false;
  }
  return true;
}

/* Null: no memory, and nothing is left behind. */
static struct mapping *mapping_create(struct state *state, const struct os_pages *pages) {
  struct mapping *mapping = calloc(1, sizeof *mapping);
  if (mapping == NULL) return NULL;
  mapping->state = state;
  mapping->pages = *pages;
  mapping->watch = os_watch(pages, &state->block[BLOCK_LOST]);
  if (mapping->watch != NULL && enter(state, mapping)) return mapping;
  if (mapping->watch != NULL) os_unwatch(mapping->watch);
  free(mapping);
  return NULL;
}

static napi_value describe(napi_env env, const struct mapping *mapping, napi_value memory) {
  napi_value result, id;
  bool made = napi_create_object(env, &result) == napi_ok && napi_create_double(env, mapping->id, &id) == napi_ok &&
              napi_set_named_property(env, result, "mapping", id) == napi_ok &&
              napi_set_named_property(env, result, "memory", memory) == napi_ok;
  return made_or_ending(made, result);
}

/* Gives the mapping to JavaScript; from success on the ArrayBuffer's finalizer collects it. */
static napi_value expose(napi_env env, struct mapping *mapping) {
  napi_value memory;
  napi_status status =
      napi_create_external_arraybuffer(env, mapping->pages.bytes, mapping->length, on_collected, mapping, &memory);
  if (status != napi_ok) {
    leave(mapping->state, mapping);
    os_unwatch(mapping->watch);
    os_unmap(&mapping->pages);
    free(mapping);
    return throw_errno(env, EOPNOTSUPP, "mmap", "this JavaScript engine takes no external memory");
  }
  mapping->state->holders += 1;
  if (napi_create_reference(env, memory, 1, &mapping->memory) == napi_ok) return describe(env, mapping, memory);
  retire(mapping);
  return throw_errno(env, ENOMEM, "mmap", "no memory to keep track of a mapping");
}

napi_value call_map(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  struct state *state;
  int fd;
  uint64_t offset, length;
  enum os_kind kind;
  bool flushes_lines;
  bool taken = take(env, info, 5, arguments, &state) && take_fd(env, arguments[0], &fd) &&
               take_whole(env, arguments[1], &offset) && take_whole(env, arguments[2], &length) &&
               take_kind(env, arguments[3], &kind);
  if (!taken) return NULL;
  if (offset % CPU_LINE != 0 || length == 0 || length > UINT64_C(1) << 32 || offset > INT64_MAX - length) {
    return throw_range(env, "Cannot map the range: the offset must be a multiple of 64, the length 1 to 2^32");
  }
  if (napi_get_value_bool(env, arguments[4], &flushes_lines) != napi_ok) {
    napi_throw_type_error(env, "VARVE_ARGUMENT", "Cannot map: flushesLines must be true or false");
    return NULL;
  }
  struct os_pages pages;
  int error = os_map(fd, offset, length, kind, &pages);
  if (error != 0) return throw_errno(env, error, "mmap", "the file cannot be mapped");
  struct mapping *mapping = mapping_create(state, &pages);
  if (mapping == NULL) {
    os_unmap(&pages);
    return throw_errno(env, ENOMEM, "mmap", "no memory to keep track of a mapping");
  }
  mapping->length = length;
  mapping->flushes_lines = flushes_lines;
  return expose(env, mapping);
}

/* ---- unmap and the calls about files ---- */

static struct mapping *take_mapping(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct state *state;
  double id;
  if (!take(env, info, 1, &argument, &state)) return NULL;
  const struct mapping *found = NULL;
  if (napi_get_value_double(env, argument, &id) == napi_ok) found = mapping_of(state, id);
  if (found == NULL) throw_range(env, "Cannot use the mapping: it does not exist, or not any more");
  return (struct mapping *)found;
}

napi_value call_unmap(napi_env env, napi_callback_info info) {
  struct mapping *mapping = take_mapping(env, info);
  if (mapping == NULL) return NULL;
  napi_value memory = NULL;
  mapping->stolen = is_stolen(env, mapping, &memory);
  bool detach = !mapping->stolen;
  napi_delete_reference(env, mapping->memory);
  retire(mapping);
  int error = os_replace(&mapping->pages); /* the addresses stay taken until the buffer is collected */
  /* Last: the finalizer that this sets free ends the mapping. */
  if (detach) napi_detach_arraybuffer(env, memory);
  return error == 0 ? NULL : throw_errno(env, error, "mmap", "the pages of a mapping cannot be given back");
}

napi_value call_lost(napi_env env, napi_callback_info info) {
  const struct mapping *mapping = take_mapping(env, info);
  napi_value result = NULL;
  if (mapping != NULL) napi_get_boolean(env, os_watch_lost(mapping->watch), &result);
  return result;
}

static napi_value lock_by(napi_env env, napi_callback_info info, int (*lock)(int)) {
  napi_value argument;
  struct state *state;
  int fd;
  if (!take(env, info, 1, &argument, &state) || !take_fd(env, argument, &fd)) return NULL;
  int error = lock(fd);
  if (error != 0 && error != EWOULDBLOCK) return throw_errno(env, error, "flock", "the file cannot be locked");
  napi_value result = NULL;
  napi_get_boolean(env, error == 0, &result);
  return result;
}

napi_value call_lock(napi_env env, napi_callback_info info) {
  return lock_by(env, info, os_lock);
}

napi_value call_lock_shared(napi_env env, napi_callback_info info) {
  return lock_by(env, info, os_lock_shared);
}

napi_value call_hold(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct state *state;
  int fd;
  if (!take(env, info, 1, &argument, &state) || !take_fd(env, argument, &fd)) return NULL;
  struct hold *hold = calloc(1, sizeof *hold);
  int error = hold == NULL ? ENOMEM : os_duplicate(fd, &hold->fd);
  if (error != 0) {
    free(hold);
    return throw_errno(env, error, "fcntl", "the open file cannot be held");
  }
  hold->next = state->holds;
  state->holds = hold;
  napi_value result = NULL;
  napi_create_int32(env, hold->fd, &result);
  return result;
}

napi_value call_let_go(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct state *state;
  int fd;
  if (!take(env, info, 1, &argument, &state) || !take_fd(env, argument, &fd)) return NULL;
  for (struct hold **place = &state->holds; *place != NULL; place = &(*place)->next) {
    if ((*place)->fd != fd) continue;
    end_hold(place);
    return NULL;
  }
  return throw_range(env, "Cannot let go of the descriptor: it is not held");
}

static napi_value over_range(
    napi_env env, napi_callback_info info, int (*work)(int, uint64_t, uint64_t), const char *syscall, const char *trouble
) {
  napi_value arguments[3];
  struct state *state;
  int fd;
  uint64_t offset, length;
  bool taken = take(env, info, 3, arguments, &state) && take_fd(env, arguments[0], &fd) &&
               take_whole(env, arguments[1], &offset) && take_whole(env, arguments[2], &length);
  if (!taken) return NULL;
  int error = work(fd, offset, length);
  return error == 0 ? NULL : throw_errno(env, error, syscall, trouble);
}

napi_value call_allocate(napi_env env, napi_callback_info info) {
  return over_range(env, info, os_allocate, "fallocate", "the file's blocks cannot be allocated");
}

napi_value call_begin(napi_env env, napi_callback_info info) {
  return over_range(env, info, os_begin, "sync_file_range", "the file's pages cannot be written");
}

napi_value call_inspect(napi_env env, napi_callback_info info) {
  napi_value argument;
  struct state *state;
  int fd;
  uint64_t links, size;
  if (!take(env, info, 1, &argument, &state) || !take_fd(env, argument, &fd)) return NULL;
  int error = os_inspect(fd, &links, &size);
  if (error != 0) return throw_errno(env, error, "statx", "the file cannot be looked at");
  state->block[8] = (double)links;
  state->block[9] = (double)size;
  return NULL;
}
