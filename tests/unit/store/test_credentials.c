#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/store/credentials.h"

static char folder[64];

static const char *const variables[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_CONFIG_FILE",
                                        "AWS_REGION",
                                        "AWS_SHARED_CREDENTIALS_FILE",
                                        "AWS_SECURITY_TOKEN",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"};

static void write_file(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/.aws/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* An empty home, and nothing of AWS's in the environment. */
static int start_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        assert_int_equal(unsetenv(variables[i]), 0);
    (void)snprintf(folder, sizeof folder, "/tmp/gd-credentials.XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("HOME", folder, 1), 0);
    assert_int_equal(setenv("AWS_EC2_METADATA_DISABLED", "true", 1), 0);
    char path[128];
    (void)snprintf(path, sizeof path, "%s/.aws", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    static const char *const names[] = {".aws/config", ".aws/credentials", ".aws/token", ".aws"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    return rmdir(folder);
}

/* "access secret token from", or the code and the text of the error. */
static const char *get(const char *profile)
{
    static char text[12288];
    struct gd_error err = {0};
    struct gd_credentials *credentials = NULL;
    struct gd_credential one = {0};
    struct gd_store_options options = {.url = "s3://b/p", .profile = profile};
    assert_int_equal(gd_credentials_new(&options, &credentials, &err).code, GD_OK);
    struct gd_status status = gd_credentials_get(credentials, false, &one, &err);
    if (status.code == GD_OK)
        (void)snprintf(text, sizeof text, "%s %s %s %s", one.access_key, one.secret_key,
                       one.session_token[0] == '\0' ? "-" : one.session_token, one.called);
    else
        (void)snprintf(text, sizeof text, "%s: %s | %s", gd_code_name(status.code), err.text,
                       err.hint);
    gd_credential_wipe(&one);
    gd_credentials_free(credentials);
    return text;
}

static void the_environment_goes_before_the_files(void **state)
{
    (void)state;
    write_file("credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=S\n");
    assert_string_equal(get(NULL), "F S - profile \"default\"");
    setenv("AWS_ACCESS_KEY_ID", "AKE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SKE/+=", 1);
    assert_string_equal(get(NULL), "AKE SKE/+= - environment");
    setenv("AWS_SESSION_TOKEN", "tok", 1);
    assert_string_equal(get(NULL), "AKE SKE/+= tok environment");
    assert_string_equal(get("default"), "F S - profile \"default\""); /* asked for by option */
}

static void half_a_pair_in_the_environment_is_an_error(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "AKE", 1);
    assert_non_null(strstr(get(NULL), "USAGE: the environment sets AWS_ACCESS_KEY_ID, but not "
                                      "AWS_SECRET_ACCESS_KEY"));
    unsetenv("AWS_ACCESS_KEY_ID");
    setenv("AWS_SECRET_ACCESS_KEY", "verysecret", 1);
    assert_non_null(strstr(get(NULL), "USAGE: the environment sets AWS_SECRET_ACCESS_KEY"));
    assert_null(strstr(get(NULL), "verysecret"));
}

static void a_broken_file_does_not_matter_to_the_environment(void **state)
{
    (void)state;
    write_file("config", "what is this\n");
    assert_non_null(strstr(get(NULL), "USAGE: could not read"));
    assert_non_null(strstr(get(NULL), "line 1 is neither"));
    setenv("AWS_ACCESS_KEY_ID", "AKE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "SKE", 1);
    assert_string_equal(get(NULL), "AKE SKE - environment");
}

static void what_cannot_be_in_a_header_is_refused_and_not_shown(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "AKE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "two\r\nlines", 1);
    assert_non_null(strstr(get(NULL), "USAGE: the secret key of environment holds a byte"));
    assert_null(strstr(get(NULL), "lines"));
    static char longest[GD_SECRET_KEY_SIZE + 1];
    memset(longest, 'x', GD_SECRET_KEY_SIZE);
    setenv("AWS_SECRET_ACCESS_KEY", longest, 1);
    assert_non_null(strstr(get(NULL), "is longer than 511 bytes"));
    longest[GD_SECRET_KEY_SIZE - 1] = '\0';
    setenv("AWS_SECRET_ACCESS_KEY", longest, 1);
    assert_non_null(strstr(get(NULL), "environment"));
}

/* clang-format off */
static const struct { const char *name, *credentials, *config, *profile, *wanted; } files[] = {
    {"sections of both files are one profile", "[x]\naws_access_key_id=A\n", "[profile x]\naws_secret_access_key=S\n",
     "x", "A S - profile \"x\""},
    {"the credentials file goes before the config file",
     "[x]\naws_access_key_id=A\naws_secret_access_key=S\n",
     "[profile x]\naws_access_key_id=B\naws_secret_access_key=T\n", "x", "A S - profile \"x\""},
    {"the config file is enough", "", "[profile x]\naws_access_key_id = B\naws_secret_access_key = T\naws_session_token = U\n",
     "x", "B T U profile \"x\""},
    {"default may be written with the word profile", "", "[profile default]\naws_access_key_id=B\naws_secret_access_key=T\n",
     NULL, "B T - profile \"default\""},
    {"in config a bare section is no profile", "", "[x]\naws_access_key_id=B\naws_secret_access_key=T\n",
     "x", "USAGE: there is no profile \"x\""},
    {"comments, blanks, letter case and carriage returns", "# c\r\n; c\r\n [x] \r\nAWS_Access_Key_Id = A # mine\r\n\r\naws_secret_access_key\t=\tS ; x\r\n",
     "", "x", "A S - profile \"x\""},
    {"names with blanks", "", "[profile \"my team\"]\naws_access_key_id=B\naws_secret_access_key=T\n", "my team",
     "B T - profile \"my team\""},
    {"the last one counts", "[x]\naws_access_key_id=A\naws_secret_access_key=S\naws_access_key_id=B\n", "", "x", "B S - profile \"x\""},
    {"a hash inside a key stays", "[x]\naws_access_key_id=A\naws_secret_access_key=S#1;2=3\n", "", "x", "A S#1;2=3 - profile \"x\""},
    {"nested settings are not keys", "", "[profile x]\ns3 =\n  aws_access_key_id = N\naws_access_key_id=A\naws_secret_access_key=S\n", "x",
     "A S - profile \"x\""},
    {"half a pair in a profile", "[x]\naws_access_key_id=A\n", "", "x", "USAGE: profile \"x\" gives an access key without a secret key"},
    {"a section that does not end", "[x\n", "", "x", "USAGE: could not read"},
    {"a setting before any section", "a=b\n", "", "x", "USAGE: could not read"},
    {"nothing at all", "", "", NULL, "USAGE: no credentials for \"s3://b/p\" were found | Looked at: environment (AWS_ACCESS_KEY_ID)"},
};
/* clang-format on */

static void profile_files_are_read_as_others_read_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_file("credentials", files[i].credentials);
        write_file("config", files[i].config);
        const char *got = get(files[i].profile);
        if (strncmp(got, files[i].wanted, strlen(files[i].wanted)) != 0)
            fail_msg("%s: wanted \"%s\", got \"%s\"", files[i].name, files[i].wanted, got);
    }
}

static void aws_profile_chooses_and_must_be_there(void **state)
{
    (void)state;
    write_file("credentials", "[b]\naws_access_key_id=A\naws_secret_access_key=S\n");
    setenv("AWS_PROFILE", "b", 1);
    assert_string_equal(get(NULL), "A S - profile \"b\"");
    setenv("AWS_PROFILE", "c", 1);
    assert_non_null(strstr(get(NULL), "USAGE: there is no profile \"c\""));
    assert_non_null(strstr(get(NULL), ".aws/credentials"));
}

static void the_files_may_be_elsewhere(void **state)
{
    (void)state;
    write_file("token", "[default]\naws_access_key_id=A\naws_secret_access_key=S\n");
    char path[128];
    (void)snprintf(path, sizeof path, "%s/.aws/token", folder);
    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
    assert_string_equal(get(NULL), "A S - profile \"default\"");
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/token", 1);
    assert_string_equal(get(NULL), "A S - profile \"default\"");
    setenv("AWS_SHARED_CREDENTIALS_FILE", folder, 1);
    assert_non_null(strstr(get(NULL), "SYSTEM: could not read"));
}

static void settings_come_from_the_profile(void **state)
{
    (void)state;
    write_file("config", "[profile x]\nregion = eu-west-1\nca_bundle=/ca.pem\nservices = local\n"
                         "endpoint_url = https://all\n[services local]\ns3 =\n  endpoint_url = "
                         "https://s3\n[default]\nregion=us-east-2\n");
    struct gd_error err = {0};
    struct gd_credentials *credentials = NULL;
    struct gd_store_options options = {.url = "s3://b/p", .profile = "x"};
    assert_int_equal(gd_credentials_new(&options, &credentials, &err).code, GD_OK);
    assert_string_equal(gd_credentials_setting(credentials, "region"), "eu-west-1");
    assert_string_equal(gd_credentials_setting(credentials, "ca_bundle"), "/ca.pem");
    assert_string_equal(gd_credentials_setting(credentials, "endpoint_url"), "https://s3");
    assert_null(gd_credentials_setting(credentials, "nothing"));
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_null(gd_credentials_setting(credentials, "endpoint_url"));
    gd_credentials_free(credentials);
}

int main(void)
{
#define CLEAN(test) cmocka_unit_test_setup_teardown(test, start_clean, clean_up)
    const struct CMUnitTest tests[] = {
        CLEAN(the_environment_goes_before_the_files),
        CLEAN(half_a_pair_in_the_environment_is_an_error),
        CLEAN(a_broken_file_does_not_matter_to_the_environment),
        CLEAN(what_cannot_be_in_a_header_is_refused_and_not_shown),
        CLEAN(profile_files_are_read_as_others_read_them),
        CLEAN(aws_profile_chooses_and_must_be_there),
        CLEAN(the_files_may_be_elsewhere),
        CLEAN(settings_come_from_the_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
