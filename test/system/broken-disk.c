/*
 * A disk that fails as it is told: broken-disk <directory to mount at> <directory for what is durable>
 *
 * A flat FUSE file system in memory. A sync copies a file to the second directory, as a disk would keep it; one that
 * fails loses what was written since the last, and says so only once. Orders are written to the file `orders`, one a
 * write: `<read|write|sync> <n>[+] <errno> [<from> <to>]` lets the n-th such call from now on fail (with `+` all later
 * ones, too), or the n-th that touches these bytes; `heal` forgets all orders.
 */
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fuse3/fuse.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAMES = 64, NAME_BYTES = 96, PATH_BYTES = 1024, FILE_MAX = 8 << 20, ORDERS = 8 };

struct file {
  char *data;
  char *durable;
  off_t size;
  off_t durable_size;
  mode_t mode;
};

static struct name {
  char text[NAME_BYTES];
  struct file *file;
} names[NAMES];

static struct file orders_file; /* only its address means something */

static struct order {
  char call[8];
  long left;
  int lasting, error;
  long from, to;
} orders[ORDERS];
static int order_count;
static char durable_directory[PATH_BYTES - NAME_BYTES - 1];

static bool is_orders(const char *path) {
  return strcmp(path, "/orders") == 0;
}

/* The errno that this call is to fail with; 0: it is to work. */
static int trouble(const char *call, off_t from, off_t to) {
  for (int i = 0; i < order_count; i++) {
    struct order *order = &orders[i];
    if (strcmp(order->call, call) != 0 || from >= order->to || to <= order->from || order->left == 0) continue;
    if (order->left > 1) order->left--;
    else {
      if (!order->lasting) order->left = 0;
      return order->error;
    }
  }
  return 0;
}

static int take_order(const char *text, size_t length) {
  char line[128] = "", lasting[2] = "";
  struct order order = {.to = LONG_MAX};
  if (length >= sizeof line) return -EINVAL;
  memcpy(line, text, length);
  if (strncmp(line, "heal", 4) == 0) {
    order_count = 0;
    return (int)length;
  }
  bool known = sscanf(line, "%7s %ld%1[+]", order.call, &order.left, lasting) >= 2;
  order.lasting = lasting[0] == '+';
  const char *rest = strchr(line, ' ');
  rest = rest == NULL ? NULL : strchr(rest + 1, ' ');
  known = known && rest != NULL && sscanf(rest, "%d %ld %ld", &order.error, &order.from, &order.to) >= 1;
  if (!known || order_count == ORDERS) return -EINVAL;
  orders[order_count++] = order;
  return (int)length;
}

static struct name *find(const char *path) {
  for (int i = 0; i < NAMES; i++) {
    if (names[i].file != NULL && strcmp(names[i].text, path + 1) == 0) return &names[i];
  }
  return NULL;
}

static int enter(const char *path, struct file *file) {
  for (int i = 0; i < NAMES; i++) {
    if (names[i].file != NULL) continue;
    snprintf(names[i].text, sizeof names[i].text, "%s", path + 1);
    names[i].file = file;
    return 0;
  }
  return -ENOSPC;
}

static struct file *new_file(mode_t mode) {
  struct file *file = calloc(1, sizeof *file);
  if (file == NULL) return NULL;
  file->data = calloc(1, FILE_MAX);
  file->durable = calloc(1, FILE_MAX);
  file->mode = mode;
  return file;
}

static struct file *file_of(const struct fuse_file_info *info) {
  return (struct file *)(uintptr_t)info->fh;
}

/* What is durable, under the name that the file has. */
static int keep(const struct file *file) {
  for (int i = 0; i < NAMES; i++) {
    if (names[i].file != file) continue;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%.95s", durable_directory, names[i].text);
    FILE *kept = fopen(path, "wb");
    if (kept == NULL) return -EIO;
    fwrite(file->durable, 1, (size_t)file->durable_size, kept);
    fclose(kept);
  }
  return 0;
}

/* ---- what the kernel asks for ---- */

static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  connection->want |= connection->capable & FUSE_CAP_WRITEBACK_CACHE;
  config->kernel_cache = 1;
  config->hard_remove = 1;
  config->nullpath_ok = 1;
  config->attr_timeout = config->entry_timeout = 60;
  return NULL;
}

static int on_getattr(const char *path, struct stat *stat, struct fuse_file_info *info) {
  memset(stat, 0, sizeof *stat);
  if (path != NULL && strcmp(path, "/") == 0) {
    stat->st_mode = S_IFDIR | 0755;
    stat->st_nlink = 2;
    return 0;
  }
  if (path != NULL && is_orders(path)) {
    stat->st_mode = S_IFREG | 0644;
    stat->st_nlink = 1;
    return 0;
  }
  struct name *name = path == NULL ? NULL : find(path);
  const struct file *file = name != NULL ? name->file : info != NULL ? file_of(info) : NULL;
  if (file == NULL) return -ENOENT;
  stat->st_mode = file->mode | S_IFREG;
  stat->st_nlink = 1;
  stat->st_size = file->size;
  stat->st_blocks = (file->size + 511) / 512;
  return 0;
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t add, off_t offset, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags) {
  (void)path, (void)offset, (void)info, (void)flags;
  for (int i = 0; i < NAMES; i++) {
    if (names[i].file != NULL) add(buffer, names[i].text, NULL, 0, 0);
  }
  return 0;
}

static int on_create(const char *path, mode_t mode, struct fuse_file_info *info) {
  struct file *file = new_file(mode);
  if (file == NULL) return -ENOMEM;
  info->fh = (uintptr_t)file;
  info->keep_cache = 1;
  return enter(path, file);
}

static int on_open(const char *path, struct fuse_file_info *info) {
  if (is_orders(path)) {
    info->fh = (uintptr_t)&orders_file;
    info->direct_io = 1;
    return 0;
  }
  struct name *name = find(path);
  if (name == NULL) return -ENOENT;
  info->fh = (uintptr_t)name->file;
  info->keep_cache = 1; /* as on other file systems: what a failed sync left there stays to be seen */
  return 0;
}

static int on_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  const struct file *file = file_of(info);
  if (file == &orders_file) return 0;
  int error = trouble("read", offset, offset + (off_t)size);
  if (error != 0) return -error;
  if (offset >= file->size) return 0;
  if ((off_t)size > file->size - offset) size = (size_t)(file->size - offset);
  memcpy(buffer, file->data + offset, size);
  return (int)size;
}

static int on_write(const char *path, const char *buffer, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  struct file *file = file_of(info);
  if (file == &orders_file) return take_order(buffer, size);
  int error = trouble("write", offset, offset + (off_t)size);
  if (error != 0) return -error;
  if (offset + (off_t)size > FILE_MAX) return -EFBIG;
  memcpy(file->data + offset, buffer, size);
  if (offset + (off_t)size > file->size) file->size = offset + (off_t)size;
  return (int)size;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  if (path != NULL && is_orders(path)) return 0;
  struct name *name = path == NULL ? NULL : find(path);
  struct file *file = name != NULL ? name->file : info != NULL ? file_of(info) : NULL;
  if (file == NULL) return -ENOENT;
  if (size > FILE_MAX) return -EFBIG;
  if (size < file->size) memset(file->data + size, 0, (size_t)(file->size - size));
  file->size = size;
  return 0;
}

static int on_fallocate(const char *path, int mode, off_t offset, off_t length, struct fuse_file_info *info) {
  (void)path;
  struct file *file = file_of(info);
  if (mode != 0) return -EOPNOTSUPP;
  if (offset + length > FILE_MAX) return -ENOSPC;
  if (offset + length > file->size) file->size = offset + length;
  return 0;
}

static int on_fsync(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only;
  struct file *file = file_of(info);
  if (file == &orders_file) return 0;
  int error = trouble("sync", 0, 1);
  if (error != 0) {
    memcpy(file->data, file->durable, FILE_MAX);
    return -error;
  }
  memcpy(file->durable, file->data, FILE_MAX);
  file->durable_size = file->size;
  return keep(file);
}

/* With its own cache the kernel brings the times before it syncs. */
static int on_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info) {
  (void)path, (void)times, (void)info;
  return 0;
}

static void forget(struct name *name) {
  char kept[PATH_BYTES];
  snprintf(kept, sizeof kept, "%s/%.95s", durable_directory, name->text);
  unlink(kept);
  name->file = NULL; /* its memory stays until the end: somebody may have it open */
}

static int on_rename(const char *from, const char *to, unsigned flags) {
  struct name *name = find(from), *old = find(to);
  if (name == NULL) return -ENOENT;
  if (flags != 0) return -EINVAL;
  if (old != NULL) forget(old);
  struct file *file = name->file;
  forget(name);
  int error = enter(to, file);
  return error != 0 ? error : keep(file);
}

static int on_unlink(const char *path) {
  struct name *name = find(path);
  if (name == NULL) return -ENOENT;
  forget(name);
  return 0;
}

static const struct fuse_operations operations = {
    .init = on_init,       .getattr = on_getattr, .readdir = on_readdir,     .create = on_create, .open = on_open,
    .read = on_read,       .write = on_write,     .truncate = on_truncate,   .fsync = on_fsync,   
    .rename = on_rename,
    .unlink = on_unlink,   .fallocate = on_fallocate, .utimens = on_utimens,
};

/* What an earlier life of the disk has kept. */
static void load(const char *text) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/%s", durable_directory, text);
  FILE *kept = fopen(path, "rb");
  struct file *file = kept == NULL ? NULL : new_file(0644);
  if (file == NULL) return;
  file->size = file->durable_size = (off_t)fread(file->data, 1, FILE_MAX, kept);
  fclose(kept);
  memcpy(file->durable, file->data, FILE_MAX);
  snprintf(path, sizeof path, "/%s", text);
  enter(path, file);
}

int main(int count, char **words) {
  if (count < 3) return 2;
  snprintf(durable_directory, sizeof durable_directory, "%s", words[2]);
  for (int i = 3; i < count; i++) load(words[i]);
  char *arguments[] = {words[0], "-f", "-s", "-o", "default_permissions,allow_other", words[1], NULL};
  return fuse_main(6, arguments, &operations, NULL);
}
