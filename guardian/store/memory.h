/*
 * A store in memory: for what is written and read within one call, and must not lie on a disk. No
 * URL names it.
 */
#ifndef GUARDIAN_STORE_MEMORY_H
#define GUARDIAN_STORE_MEMORY_H

#include "guardian/store/store.h"

/** @param bytes_max  of one object; more is GD_SYSTEM. gd_store_close() frees all of it. */
struct gd_store *gd_memory_store_new(size_t bytes_max);

#endif
