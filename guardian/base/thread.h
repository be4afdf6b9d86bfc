/*
 * Threads that work for whoever starts them: a wish to stop (clock.h) is theirs, too.
 */
#ifndef GUARDIAN_BASE_THREAD_H
#define GUARDIAN_BASE_THREAD_H

#include <pthread.h>

/** As pthread_create(), with its answer. For threads that are joined before the wish ends. */
int gd_thread_start(pthread_t *out_thread, void *(*work)(void *context), void *context);

#endif
