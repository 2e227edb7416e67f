/*
 * Node-API unpacking, and the table of mappings of one environment (main thread or worker). The contract is
 * src/base/addon.ts. No argument from JavaScript is trusted: what does not fit throws before a byte is touched.
 */
#include <stdio.h>
#include <string.h>

#include "addon.h"

/* ---- arguments and errors ---- */

napi_value throw_range(napi_env env, const char *message) {
  napi_throw_range_error(env, "VARVE_ARGUMENT", message);
  return NULL;
}

/*
 * Where nothing can be made, the environment is ending: its thread is stopped within a moment. JavaScript must not come to see a failure
 * before that: it would be taken for the medium's, which is every thread's business.
 */
enum { ENDING_MS = 200 };

napi_value made_or_ending(bool made, napi_value value) {
  if (made) return value;
  os_nap(ENDING_MS);
  return NULL;
}

napi_value throw_errno(napi_env env, int error, const char *syscall, const char *what) {
  const char *code = os_error_name(error);
  char text[160];
  snprintf(text, sizeof text, "%s: %s (errno %d)", code, what, error);
  napi_value code_value, message, name, thrown;
  bool made = napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value) == napi_ok &&
              napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message) == napi_ok &&
              napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &name) == napi_ok &&
              napi_create_error(env, code_value, message, &thrown) == napi_ok &&
              napi_set_named_property(env, thrown, "syscall", name) == napi_ok;
  if (made) napi_throw(env, thrown);
  return made_or_ending(made, NULL);
}

bool take(napi_env env, napi_callback_info info, size_t count, napi_value *values, struct state **state) {
  void *data = NULL;
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, &data) != napi_ok) return false;
  *state = data;
  if (given >= count) return true;
  napi_throw_type_error(env, "VARVE_ARGUMENT", "Cannot call the addon with fewer arguments than addon.ts says");
  return false;
}

/* Whole numbers from 0 to 2^53 - 1. */
static bool whole(double number, uint64_t *result) {
  if (!(number >= 0 && number <= 9007199254740991.0)) return false;
  *result = (uint64_t)(int64_t)number;
  return (double)(int64_t)*result == number;
}

/* 32 bits, as JavaScript has them before or after `>>> 0`. */
static bool word(double number, uint32_t *result) {
  if (!(number >= -2147483648.0 && number <= 4294967295.0)) return false;
  *result = (uint32_t)(int64_t)number;
  return true;
}

bool take_whole(napi_env env, napi_value value, uint64_t *result) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok && whole(number, result)) return true;
  throw_range(env, "Cannot take the number: it must be whole, from 0 to 2^53 - 1");
  return false;
}

bool take_word(napi_env env, napi_value value, uint32_t *result) {
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok && word(number, result)) return true;
  throw_range(env, "Cannot take the number: it must fit into 32 bits");
  return false;
}

bool take_fd(napi_env env, napi_value value, int *fd) {
  double number;
  uint64_t result = 0;
  bool fits = napi_get_value_double(env, value, &number) == napi_ok && whole(number, &result) && result <= INT32_MAX;
  if (!fits) throw_range(env, "Cannot take the file descriptor: it must be a whole number from 0 on");
  *fd = (int)result;
  return fits;
}

static bool take_bytes_of(napi_env env, napi_value value, uint8_t **bytes, size_t *length, napi_value *buffer) {
  napi_typedarray_type type;
  void *data = NULL;
  napi_status status = napi_get_typedarray_info(env, value, &type, length, &data, buffer, NULL);
  static uint8_t nothing;
  *bytes = data != NULL ? data : &nothing; /* an empty array may have no memory at all */
  if (status == napi_ok && type == napi_uint8_array) return true;
  napi_throw_type_error(env, "VARVE_ARGUMENT", "Cannot take the bytes: they must be a Uint8Array");
  return false;
}

static bool take_bytes(napi_env env, napi_value value, uint8_t **bytes, size_t *length) {
  return take_bytes_of(env, value, bytes, length, NULL);
}

/* False for a SharedArrayBuffer, which other threads may be writing to. */
static bool is_stable(napi_env env, napi_value buffer) {
  bool own = false;
  return napi_is_arraybuffer(env, buffer, &own) == napi_ok && own;
}

/* [from, to) of `length` bytes, both aligned as entries are. */
static bool is_entry_range(uint64_t from, uint64_t to, size_t length) {
  return from <= to && to <= length && from % ENTRY_ALIGN == 0 && to % ENTRY_ALIGN == 0;
}

static struct state *state_of(napi_env env, napi_callback_info info) {
  void *data = NULL;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  return data;
}

/* ---- calls for every entry: arguments and results in the block ---- */

static const char *const bad_mapping = "Cannot use the mapping: it does not exist, or not any more";
static const char *const bad_range = "Cannot use the range: it lies outside the bytes, or is not aligned to 8";
static const char *const bad_entries = "Cannot seal the range: its entries do not end where it ends";

static napi_value call_seal(napi_env env, napi_callback_info info) {
  struct state *state = state_of(env, info);
  const struct mapping *mapping = mapping_of(state, state->block[0]);
  if (mapping == NULL) return throw_range(env, bad_mapping);
  uint64_t from, to;
  uint32_t seed;
  bool fits = whole(state->block[1], &from) && whole(state->block[2], &to) && word(state->block[3], &seed) &&
              is_entry_range(from, to, mapping->length);
  if (!fits) return throw_range(env, bad_range);
  if (mapping->flushes_lines) state->block[BLOCK_UNFENCED] = 1;
  if (!entry_seal(mapping->pages.bytes, from, to, seed, mapping->flushes_lines)) return throw_range(env, bad_entries);
  return NULL;
}

static napi_value call_flush(napi_env env, napi_callback_info info) {
  struct state *state = state_of(env, info);
  const struct mapping *mapping = mapping_of(state, state->block[0]);
  if (mapping == NULL) return throw_range(env, bad_mapping);
  uint64_t from, to;
  bool fits = whole(state->block[1], &from) && whole(state->block[2], &to) && from <= to && to <= mapping->length;
  if (!fits) return throw_range(env, bad_range);
  state->block[BLOCK_UNFENCED] = 1;
  if (from < to) cpu.flush(mapping->pages.bytes + from, to - from);
  return NULL;
}

static void fence(struct state *state) {
  cpu.fence();
  state->block[BLOCK_UNFENCED] = 0;
}

static napi_value call_fence(napi_env env, napi_callback_info info) {
  fence(state_of(env, info));
  return NULL;
}

static napi_value call_store_staged(napi_env env, napi_callback_info info) {
  struct state *state = state_of(env, info);
  const struct mapping *mapping = mapping_of(state, state->block[0]);
  if (mapping == NULL) return throw_range(env, bad_mapping);
  const struct stage *stage = &state->stage;
  uint64_t tagged = (uint64_t)stage->high << 32 | stage->low;
  bool fits = stage->length <= ENTRY_STAGED && entry_is_plain(tagged) && stage->position % ENTRY_ALIGN == 0 &&
              stage->position + entry_extent(stage->length, tagged) <= mapping->length;
  if (!fits) return throw_range(env, bad_range);
  entry_store_staged(mapping->pages.bytes + stage->position, stage->payload, stage->length, tagged, stage->seed);
  fence(state);
  return NULL;
}

static napi_value call_store_sealed(napi_env env, napi_callback_info info) {
  napi_value argument, buffer;
  struct state *state;
  uint8_t *source;
  size_t length;
  if (!take(env, info, 1, &argument, &state)) return NULL;
  if (!take_bytes_of(env, argument, &source, &length, &buffer)) return NULL;
  const struct mapping *mapping = mapping_of(state, state->block[0]);
  if (mapping == NULL) return throw_range(env, bad_mapping);
  uint64_t position;
  uint32_t seed, low, high;
  bool fits = whole(state->block[1], &position) && word(state->block[2], &seed) && word(state->block[3], &low) &&
              word(state->block[4], &high) && position % ENTRY_ALIGN == 0 && position <= mapping->length &&
              length <= UINT32_MAX;
  uint64_t tagged = fits ? (uint64_t)high << 32 | low : 0;
  bool inside = fits && entry_extent((uint32_t)length, tagged) <= mapping->length - position;
  if (!inside || !entry_is_plain(tagged)) return throw_range(env, bad_range);
  uint8_t *entry = mapping->pages.bytes + position;
  state->block[BLOCK_UNFENCED] = 1;
  bool stable = is_stable(env, buffer);
  if (length > ENTRY_STAGED || (stable && length > CPU_LINE)) {
    entry_store(entry, source, (uint32_t)length, tagged, seed, stable);
  } else {
    memcpy(state->stage.payload, source, length);
    entry_store_staged(entry, state->stage.payload, (uint32_t)length, tagged, seed);
  }
  if (state->block[5] != 0) fence(state);
  return NULL;
}

/* ---- calls over plain memory ---- */

static napi_value call_seal_bytes(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  struct state *state;
  uint8_t *bytes;
  size_t length;
  uint64_t from, to;
  uint32_t seed;
  bool taken = take(env, info, 4, arguments, &state) && take_bytes(env, arguments[0], &bytes, &length) &&
               take_whole(env, arguments[1], &from) && take_whole(env, arguments[2], &to) &&
               take_word(env, arguments[3], &seed);
  if (!taken) return NULL;
  if (!is_entry_range(from, to, length)) return throw_range(env, bad_range);
  if (!entry_seal(bytes, from, to, seed, false)) return throw_range(env, bad_entries);
  return NULL;
}

static napi_value call_verify_bytes(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  struct state *state;
  uint8_t *bytes;
  size_t length;
  uint64_t from, to;
  struct entry_walk walk = {0};
  bool taken = take(env, info, 6, arguments, &state) && take_bytes(env, arguments[0], &bytes, &length) &&
               take_whole(env, arguments[1], &from) && take_whole(env, arguments[2], &to) &&
               take_word(env, arguments[3], &walk.seed) && take_whole(env, arguments[4], &walk.after) &&
               take_whole(env, arguments[5], &walk.below);
  if (!taken) return NULL;
  if (from > to || to > length || from % ENTRY_ALIGN != 0) return throw_range(env, bad_range);
  walk.position = from;
  entry_verify(bytes, to, &walk);
  state->block[8] = (double)walk.position;
  state->block[9] = (double)walk.after;
  state->block[10] = (double)walk.entries;
  state->block[11] = (double)walk.certified;
  state->block[12] = (double)walk.first;
  state->block[13] = (double)walk.parts;
  return NULL;
}

static napi_value call_crc32c(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  struct state *state;
  uint8_t *bytes;
  size_t length;
  uint32_t reg;
  bool taken = take(env, info, 2, arguments, &state) && take_word(env, arguments[0], &reg) &&
               take_bytes(env, arguments[1], &bytes, &length);
  if (!taken) return NULL;
  napi_value result = NULL;
  napi_create_uint32(env, cpu.crc(reg, bytes, length), &result);
  return result;
}

/* ---- the module ---- */

static bool set_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

static bool set_features(napi_env env, napi_value exports) {
  napi_value features, page_size;
  return napi_create_object(env, &features) == napi_ok && set_text(env, features, "flush", cpu.flush_name) &&
         set_text(env, features, "crc32c", cpu.crc_name) &&
         napi_create_double(env, (double)os_page_size(), &page_size) == napi_ok &&
         napi_set_named_property(env, features, "pageSize", page_size) == napi_ok &&
         napi_set_named_property(env, exports, "features", features) == napi_ok;
}

static bool set_memory(napi_env env, napi_value exports, const char *name, void *bytes, size_t length) {
  napi_value memory;
  return napi_create_external_arraybuffer(env, bytes, length, NULL, NULL, &memory) == napi_ok &&
         napi_set_named_property(env, exports, name, memory) == napi_ok;
}

static bool set_functions(napi_env env, napi_value exports, struct state *state) {
  const struct {
    const char *name;
    napi_callback call;
  } functions[] = {
      {"map", call_map},
      {"unmap", call_unmap},
      {"lost", call_lost},
      {"lock", call_lock},
      {"lockShared", call_lock_shared},
      {"ring", call_ring},
      {"listen", call_listen},
      {"peek", call_peek},
      {"wait", call_wait},
      {"unlisten", call_unlisten},
      {"hold", call_hold},
      {"letGo", call_let_go},
      {"allocate", call_allocate},
      {"begin", call_begin},
      {"inspect", call_inspect},
      {"seal", call_seal},
      {"flush", call_flush},
      {"fence", call_fence},
      {"storeSealed", call_store_sealed},
      {"storeStaged", call_store_staged},
      {"sealBytes", call_seal_bytes},
      {"verifyBytes", call_verify_bytes},
      {"crc32c", call_crc32c},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function;
    napi_status made =
        napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, state, &function);
    if (made != napi_ok || napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) return false;
  }
  return true;
}

NAPI_MODULE_INIT() {
  detect_once();
  struct state *state = state_create(env);
  bool made = state != NULL && set_features(env, exports) &&
              set_memory(env, exports, "block", state->block, sizeof state->block) &&
              set_memory(env, exports, "stage", &state->stage, sizeof state->stage) &&
              set_functions(env, exports, state);
  if (made) return exports;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_error(env, NULL, "Cannot start the addon: no memory, or no external buffers in this runtime");
  return NULL;
}
