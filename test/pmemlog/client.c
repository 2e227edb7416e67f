/* A client of the C library: does what its arguments say, one after the other. */
#include <libpmemlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print(const void *bytes, size_t length, void *unused) {
  (void)unused;
  return fwrite(bytes, 1, length, stdout) == length;
}

static int done(PMEMlogpool *pool, char what, const char *text) {
  switch (what) {
    case 'a': return pmemlog_append(pool, text, strlen(text));
    case 'r': pmemlog_rewind(pool); return 0;
    case 'w': pmemlog_walk(pool, strtoul(text, NULL, 10), print, NULL); return 0;
    case 't': return printf("%lld\n", (long long)pmemlog_tell(pool)) < 0;
    case 'n': return printf("%zu\n", pmemlog_nbyte(pool)) < 0;
    case 's': /* says that it is there, and stays until its input ends */
      puts("open");
      fflush(stdout);
      return getchar() != EOF;
    default: return -1;
  }
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  PMEMlogpool *pool = strcmp(arguments[1], "create") == 0 ? pmemlog_create(arguments[2], PMEMLOG_MIN_POOL, 0666)
                                                          : pmemlog_open(arguments[2]);
  if (pool == NULL) {
    fprintf(stderr, "%s\n", pmemlog_errormsg());
    return 3;
  }
  for (int i = 3; i < count; i++) {
    if (done(pool, arguments[i][0], arguments[i] + 1) != 0) {
      fprintf(stderr, "%s\n", pmemlog_errormsg());
      return 4;
    }
  }
  pmemlog_close(pool);
  return 0;
}
