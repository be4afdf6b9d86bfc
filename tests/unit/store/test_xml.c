#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/store/xml.h"

static const char listing[] =
    "  \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<s3:ListBucketResult xmlns:s3='http://s3.amazonaws.com/doc/2006-03-01/'>"
    "<IsTruncated>true</IsTruncated><!-- a <comment> -->"
    "<Contents><Key>a&amp;b</Key><Size>7</Size></Contents>"
    "<Empty/><Contents>\n <Key>&#x263a;&#65;&#x1F418;</Key ><Size>8</Size></Contents>"
    "</s3:ListBucketResult>\n";

static void an_answer_is_read(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const struct gd_xml *root;
    assert_int_equal(gd_xml_parse(listing, strlen(listing), arena, &root, &err).code, GD_OK);
    assert_string_equal(root->name, "ListBucketResult");
    assert_string_equal(gd_xml_text(root, "IsTruncated"), "true");
    assert_string_equal(gd_xml_text(root, "Empty"), "");
    assert_string_equal(gd_xml_text(root, "Nothing"), "");
    assert_null(gd_xml_child(root, "Nothing"));
    const struct gd_xml *first = gd_xml_child(root, "Contents");
    assert_string_equal(gd_xml_text(first, "Key"), "a&b");
    const struct gd_xml *second = gd_xml_named(first->next, "Contents");
    assert_string_equal(gd_xml_text(second, "Key"), "\xe2\x98\xba"
                                                    "A\xf0\x9f\x90\x98");
    assert_string_equal(gd_xml_text(second, "Size"), "8");
    assert_null(gd_xml_named(second->next, "Contents"));
}

/* clang-format off */
static const char *const refused[] = {
    "", "   ", "plain", "<a>", "<a></b>", "<a/><b/>", "</a>", "<a", "<a ", "<a x></a>", "<a x=1/>",
    "<a x=\"1/>", "<a>&nbsp;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>",
    "<a>&#;</a>", "<a>&#x;</a>", "<a>&#12a;</a>", "<a>&amp</a>", "<a>\xff</a>", "<a/>x", "x<a/>",
    "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
    "<a><![CDATA[x]]></a>", "<a><?php ?></a>", "<a><!-- </a>", "<>x</>", "<x:></x:>", "<a>&lt;</a",
    "<html><body><p>It works!<br></body></html>",
    "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>",
};
/* clang-format on */

static void everything_else_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        const struct gd_xml *root;
        if (gd_xml_parse(refused[i], strlen(refused[i]), arena, &root, &err).code != GD_CORRUPT)
            fail_msg("was read: %s", refused[i]);
        assert_true(err.text[0] != '\0');
    }
}

static void an_answer_that_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < strlen(listing) - 1; size++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        const struct gd_xml *root;
        char *cut = strndup(listing, size); /* so that a sanitizer sees every byte too far */
        assert_int_equal(gd_xml_parse(cut, size, arena, &root, &err).code, GD_CORRUPT);
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(an_answer_that_is_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
