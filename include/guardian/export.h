/*
 * Export: which names the shared library shows.
 *
 * Everything in libguardian.so is hidden unless a declaration in a public header carries GD_EXPORT.
 */
#ifndef GUARDIAN_EXPORT_H
#define GUARDIAN_EXPORT_H

#define GD_EXPORT __attribute__((visibility("default")))

#endif
