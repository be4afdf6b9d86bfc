/* Any bytes as a policy: loaded or refused with a place, and what loads decides its own examples.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guardian/policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    const struct gd_policy *policy = NULL;
    struct gd_error err = {0};
    struct gd_status status =
        gd_policy_load_text("fuzz.yaml", (const char *)data, size, arena, &policy, &err);
    if (status.code != GD_OK) {
        assert(status.code == GD_USAGE || status.code == GD_SYSTEM);
        assert(strncmp(err.text, "fuzz.yaml:", 10) == 0);
        return 0;
    }
    const struct gd_example_result *results = NULL;
    size_t failures = 0;
    size_t count = gd_policy_check_examples(policy, arena, &results, &failures);
    assert(failures <= count);
    return 0;
}
