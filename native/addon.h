/* What the parts of the Node-API side share: addon.c (calls over bytes), mappings.c (files and their mappings), live.c (waking). */
#ifndef VARVE_ADDON_H
#define VARVE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>

#include "entry.h"
#include "platform.h"

/* The number of a mapping is its slot and, above that, how many mappings there were before it. */
enum { SLOT_BITS = 24, NO_SLOT = (1 << SLOT_BITS) - 1 };

struct mapping {
  struct state *state;
  double id;
  struct os_pages pages;
  size_t length; /* bytes asked for, from pages.bytes on */
  bool flushes_lines;
  bool retired; /* unmapped as far as JavaScript is concerned */
  bool stolen;  /* its ArrayBuffer was detached by somebody else: views of it may live on */
  struct os_watch *watch;
  napi_ref memory; /* strong: the ArrayBuffer lives until unmap */
};

/* A descriptor that ends with its environment. */
struct hold {
  int fd;
  struct hold *next;
};

struct slot {
  struct mapping *mapping; /* null: not in use */
  uint32_t next_free;
};

/* Words of the block that are no arguments and no results: src/base/addon.ts. */
enum { BLOCK_UNFENCED = 14, BLOCK_LOST = 15, BLOCK_WORDS = 16 };

/* How JavaScript hands over an entry that is to be stored by entry_store_staged: src/base/addon.ts. */
struct stage {
  uint32_t position;
  uint32_t length;
  uint32_t seed;
  uint32_t low;
  uint32_t high;
  _Alignas(CPU_LINE) uint8_t payload[ENTRY_STAGED];
};

/* What belongs to one environment. It lives until that is gone and its last mapping has been collected. */
struct state {
  struct stage stage;
  double block[BLOCK_WORDS];
  struct hold *holds;
  struct slot *slots;
  uint32_t capacity;
  uint32_t free;
  uint64_t made;
  size_t holders;
  struct listener *listeners; /* live.c */
};

struct state *state_create(napi_env env);
void detect_once(void);

/* Null if there is no such mapping. */
static inline const struct mapping *mapping_of(const struct state *state, double id) {
  if (!(id > 0 && id <= 9007199254740991.0)) return NULL;
  uint32_t slot = (uint32_t)((uint64_t)(int64_t)id & NO_SLOT);
  if (slot >= state->capacity) return NULL;
  const struct mapping *mapping = state->slots[slot].mapping;
  return mapping != NULL && mapping->id == id ? mapping : NULL;
}

/* Each of these leaves an exception behind when it returns false or null. */
bool take(napi_env env, napi_callback_info info, size_t count, napi_value *values, struct state **state);
bool take_whole(napi_env env, napi_value value, uint64_t *result);
bool take_word(napi_env env, napi_value value, uint32_t *result);
bool take_fd(napi_env env, napi_value value, int *fd);
napi_value throw_range(napi_env env, const char *message);
napi_value throw_errno(napi_env env, int error, const char *syscall, const char *what);
napi_value made_or_ending(bool made, napi_value value);

napi_value call_map(napi_env env, napi_callback_info info);
napi_value call_unmap(napi_env env, napi_callback_info info);
napi_value call_lost(napi_env env, napi_callback_info info);
napi_value call_lock(napi_env env, napi_callback_info info);
napi_value call_lock_shared(napi_env env, napi_callback_info info);
napi_value call_ring(napi_env env, napi_callback_info info);
napi_value call_listen(napi_env env, napi_callback_info info);
napi_value call_peek(napi_env env, napi_callback_info info);
napi_value call_wait(napi_env env, napi_callback_info info);
napi_value call_unlisten(napi_env env, napi_callback_info info);
napi_value call_hold(napi_env env, napi_callback_info info);
napi_value call_let_go(napi_env env, napi_callback_info info);
napi_value call_allocate(napi_env env, napi_callback_info info);
napi_value call_begin(napi_env env, napi_callback_info info);
napi_value call_inspect(napi_env env, napi_callback_info info);

#endif
