/* The counting of instructions begins and ends here: told to valgrind's callgrind by the program that is counted. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <valgrind/callgrind.h>

static napi_value begin(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  return NULL;
}

static napi_value end(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  CALLGRIND_DUMP_STATS;
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor calls[] = {
      {"begin", NULL, begin, NULL, NULL, NULL, napi_enumerable, NULL},
      {"end", NULL, end, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  return napi_define_properties(env, exports, 2, calls) == napi_ok ? exports : NULL;
}
