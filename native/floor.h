/* For benchmarks: what the bare machine takes to make entries durable, without checksums or bookkeeping. */
#ifndef VARVE_FLOOR_H
#define VARVE_FLOOR_H

#include <stddef.h>
#include <stdint.h>

enum floor_mode { FLOOR_COPY, FLOOR_PERSIST_EACH, FLOOR_PERSIST_GROUPS };

/*
 * `rounds` times copies `size` bytes behind a header of 16, entry after entry, wrapping at the end of `bytes`.
 * At least one entry must fit. Returns nanoseconds in all.
 */
double floor_run(uint8_t *bytes, size_t length, const uint8_t *source, size_t size, uint64_t rounds,
                 enum floor_mode mode, uint64_t group);

#endif
