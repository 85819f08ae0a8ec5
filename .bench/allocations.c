// Counts calls of malloc and its kin, and the bytes asked for, into the file that MIXOLOGY_ALLOCATIONS names: two
// 64-bit numbers. Loaded in front of the C library (LD_PRELOAD) it shows what a training step allocates, which no
// counter of the system does: `mixology bench step-memory` reads the file before and after some steps.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// What the GNU C library calls its own functions.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static uint64_t before[2];
static uint64_t *counts = before;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("MIXOLOGY_ALLOCATIONS");
  if (!path) return;
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (file < 0 || ftruncate(file, sizeof before) != 0) return;
  void *map = mmap(NULL, sizeof before, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map != MAP_FAILED) counts = map;
  close(file);
}

static void count(size_t bytes) {
  __atomic_fetch_add(&counts[0], 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&counts[1], bytes, __ATOMIC_RELAXED);
}

void *malloc(size_t bytes) {
  count(bytes);
  return __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes) {
  count(number * bytes);
  return __libc_calloc(number, bytes);
}

void *realloc(void *old, size_t bytes) {
  count(bytes);
  return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  count(bytes);
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **result, size_t alignment, size_t bytes) {
  *result = memalign(alignment, bytes);
  return *result || bytes == 0 ? 0 : ENOMEM;
}
