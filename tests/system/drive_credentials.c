/*
 * Drives store/credentials for tests/system/test_credentials.py: one JSON document a line.
 *
 *   drive_credentials [--profile NAME] [--region NAME] [--allow-http] STEP…
 *
 *   get, refresh    ask once          threads N    ask from N threads at once: N lines
 *   wait MS         let time pass     setting NAME
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/io/json.h"
#include "guardian/store/credentials.h"

enum { THREADS_MAX = 64 };

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

static void put_text(struct gd_json *line, const char *name, const char *value)
{
    gd_json_put(line, name, gd_json_new_text(value));
}

static void print(struct gd_json *line)
{
    struct gd_error err = {0};
    (void)pthread_mutex_lock(&output);
    if (gd_json_write(line, stdout, 0, &err).code != GD_OK)
        exit(1);
    (void)pthread_mutex_unlock(&output);
    gd_json_free(line);
}

static void ask(struct gd_credentials *credentials, bool refresh)
{
    struct gd_error err = {0};
    struct gd_credential one = {0};
    struct gd_status status = gd_credentials_get(credentials, refresh, &one, &err);
    struct gd_json *line = gd_json_object();
    put_text(line, "code", gd_code_name(status.code));
    put_text(line, "access", one.access_key);
    put_text(line, "secret", one.secret_key);
    put_text(line, "token", one.session_token);
    put_text(line, "called", one.called);
    gd_json_put(line, "expires", gd_json_new_int(one.expires_us / 1000000));
    put_text(line, "text", err.text);
    put_text(line, "hint", err.hint);
    print(line);
    gd_credential_wipe(&one);
}

static void *ask_in_thread(void *credentials)
{
    ask(credentials, false);
    return NULL;
}

static void ask_from_threads(struct gd_credentials *credentials, int count)
{
    pthread_t threads[THREADS_MAX];
    if (count > THREADS_MAX)
        exit(2);
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, ask_in_thread, credentials) != 0)
            exit(1);
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
}

static int steps(struct gd_credentials *credentials, char **step)
{
    for (; *step != NULL; step++) {
        if (strcmp(*step, "get") == 0 || strcmp(*step, "refresh") == 0) {
            ask(credentials, **step == 'r');
        } else if (strcmp(*step, "threads") == 0 && step[1] != NULL) {
            ask_from_threads(credentials, (int)strtol(*++step, NULL, 10));
        } else if (strcmp(*step, "wait") == 0 && step[1] != NULL) {
            gd_sleep_ms((uint32_t)strtoul(*++step, NULL, 10));
        } else if (strcmp(*step, "setting") == 0 && step[1] != NULL) {
            struct gd_json *line = gd_json_object();
            put_text(line, "setting", gd_credentials_setting(credentials, *++step));
            print(line);
        } else {
            return 2;
        }
    }
    return 0;
}

static void tell(void *context, const struct gd_event *event)
{
    (void)context;
    (void)fprintf(stderr, "%s\n", event->text);
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct gd_events events = {.tell = tell};
    struct gd_store_options options = {.url = "s3://bucket/prefix", .events = &events};
    char **step = argv + 1;
    for (; *step != NULL && strncmp(*step, "--", 2) == 0; step++) {
        if (strcmp(*step, "--allow-http") == 0)
            options.allow_http = true;
        else if (strcmp(*step, "--profile") == 0 && step[1] != NULL)
            options.profile = *++step;
        else if (strcmp(*step, "--region") == 0 && step[1] != NULL)
            options.region = *++step;
        else
            return 2;
    }
    struct gd_error err = {0};
    struct gd_credentials *credentials = NULL;
    if (gd_credentials_new(&options, &credentials, &err).code != GD_OK)
        return 1;
    int result = steps(credentials, step);
    gd_credentials_free(credentials);
    return result;
}
