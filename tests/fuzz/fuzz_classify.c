/*
 * Fuzz: SQL, from bytes to verdicts. Whatever the bytes, the answer is a report in which every
 * statement has a finding, or an error with words; and what is cut up is all that is there.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "guardian/classify/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const struct gd_judged_file *file, size_t size)
{
    assert(file->bytes == size);
    uint64_t statements = 0;
    for (size_t i = 0; i < file->entry_count; i++) {
        const struct gd_judged *entry = file->entries[i];
        const struct gd_verdict *verdict = &entry->verdict;
        assert(entry->line >= 1 && entry->end_line >= entry->line && entry->offset < size);
        assert(verdict->finding_count > 0 && verdict->lead == verdict->findings[0]);
        assert(verdict->class <= file->class);
        for (size_t f = 0; f < verdict->finding_count; f++) {
            assert(verdict->findings[f]->class <= verdict->class);
            assert(verdict->findings[f]->reason != NULL && verdict->findings[f]->object != NULL);
        }
        /* Whoever can lose something needs a backup, or says that none helps. */
        assert(verdict->loses == GD_LOSES_NOTHING || verdict->class > GD_CLASS_NONE);
        statements += entry->repeated;
    }
    assert(statements == file->statements);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_input input = {.path = "fuzz.sql", .text = (const char *)data, .size = size};
    struct gd_report *report = NULL;
    struct gd_error err = {0};
    struct gd_status status = gd_classify(
        &input, 1, &(struct gd_classify_options){.entries_max = 4}, arena, &report, &err);
    if (status.code == GD_OK)
        check_file(report->files[0], size);
    else
        assert(status.code == GD_USAGE && err.text[0] != '\0');
    return 0;
}
