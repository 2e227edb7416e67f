/* Loads and stores of little-endian words at any alignment. */
#ifndef VARVE_BYTES_H
#define VARVE_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "varve's format is little-endian, and so must the machine be"
#endif

static inline uint32_t load32(const void *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

static inline uint64_t load64(const void *from) {
  uint64_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

static inline void store32(void *to, uint32_t word) {
  memcpy(to, &word, sizeof word);
}

static inline void store64(void *to, uint64_t word) {
  memcpy(to, &word, sizeof word);
}

#endif
