#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/journal/frame.h"

#define FOLDER "v1/1-shop/changes/20261122T000000Z-00000000aa/"

static struct gd_sink *two_frames(void)
{
    struct gd_error err = {0};
    struct gd_sink *sink = gd_mem_sink_new(4096);
    struct gd_chain chain = gd_chain_first(FOLDER);
    assert_int_equal(gd_frame_write(sink, &chain, "one", 3, &err).code, GD_OK);
    assert_int_equal(gd_frame_write(sink, &chain, "three", 5, &err).code, GD_OK);
    return sink;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    size_t size = 0;
    gd_auto_sink sink = two_frames();
    const char *data = gd_mem_sink_data(sink, &size);
    struct gd_chain chain = gd_chain_first(FOLDER);
    struct gd_frame_view view;
    assert_int_equal(size, 2 * GD_FRAME_HEAD_BYTES + 8);
    assert_int_equal(gd_frame_read(data, size, &chain, &view), GD_FRAME_WHOLE);
    assert_memory_equal(view.payload, "one", 3);
    assert_int_equal(view.bytes, GD_FRAME_HEAD_BYTES + 3);
    chain = view.chain;
    assert_int_equal(gd_frame_read(data + view.bytes, size - view.bytes, &chain, &view),
                     GD_FRAME_WHOLE);
    assert_int_equal(view.payload_bytes, 5);
    assert_memory_equal(view.payload, "three", 5);
}

static void every_cut_and_every_flipped_bit_is_damage(void **state)
{
    (void)state;
    size_t size = 0;
    gd_auto_sink sink = two_frames();
    const char *data = gd_mem_sink_data(sink, &size);
    const size_t first = GD_FRAME_HEAD_BYTES + 3;
    struct gd_chain chain = gd_chain_first(FOLDER);
    struct gd_frame_view view;
    for (size_t cut = 0; cut < first; cut++) {
        assert_int_equal(gd_frame_read(data, cut, &chain, &view), GD_FRAME_DAMAGED);
        assert_non_null(view.problem);
    }
    for (size_t bit = 0; bit < first * 8; bit++) {
        char copy[256];
        memcpy(copy, data, first);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << (bit % 8)));
        assert_int_equal(gd_frame_read(copy, first, &chain, &view), GD_FRAME_DAMAGED);
    }
}

static void a_frame_fits_in_no_other_place(void **state)
{
    (void)state;
    size_t size = 0;
    gd_auto_sink sink = two_frames();
    const char *data = gd_mem_sink_data(sink, &size);
    const size_t first = GD_FRAME_HEAD_BYTES + 3;
    struct gd_chain chain = gd_chain_first(FOLDER);
    struct gd_chain other = gd_chain_first("v1/1-shop/changes/20261122T000000Z-00000000bb/");
    struct gd_frame_view view;
    assert_int_equal(gd_frame_read(data + first, size - first, &chain, &view), GD_FRAME_STRANGE);
    assert_int_equal(gd_frame_read(data, size, &other, &view), GD_FRAME_STRANGE);
    assert_int_equal(gd_frame_read(data + first, size - first, NULL, &view), GD_FRAME_WHOLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_cut_and_every_flipped_bit_is_damage),
        cmocka_unit_test(a_frame_fits_in_no_other_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
