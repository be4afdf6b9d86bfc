/*
 * The bare parser: libpg_query and nothing else, as the measure for guardian classify.
 *
 *   bare each FILE    split the text into statements, parse and unpack one after the other
 *   bare whole FILE   parse and unpack the text in one call
 *   bare scan FILE    split the text only
 *
 * Prints the number of statements. What Guardian does beyond this is its own cost.
 */
#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t stack_size = (size_t)1 << 30;

struct work {
    const char *mode;
    char *text;
    size_t statements;
    bool failed;
};

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text != NULL)
        text[fread(text, 1, (size_t)size, file)] = '\0';
    fclose(file);
    return text;
}

/* @return how many statements the text holds; 0 when it does not parse */
static size_t parse(const char *text)
{
    PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(text);
    size_t count = 0;
    if (parsed.error == NULL) {
        PgQuery__ParseResult *tree = pg_query__parse_result__unpack(
            NULL, parsed.parse_tree.len, (const uint8_t *)parsed.parse_tree.data);
        if (tree != NULL) {
            count = tree->n_stmts;
            pg_query__parse_result__free_unpacked(tree, NULL);
        }
    }
    pg_query_free_protobuf_parse_result(parsed);
    return count;
}

static void parse_each(struct work *work, const PgQuerySplitResult *split)
{
    for (int i = 0; i < split->n_stmts; i++) {
        char *start = work->text + split->stmts[i]->stmt_location;
        char *end = start + split->stmts[i]->stmt_len;
        char kept = *end;
        *end = '\0';
        size_t count = parse(start);
        *end = kept;
        work->statements += count;
        work->failed = work->failed || count != 1;
    }
}

static void *run(void *argument)
{
    struct work *work = argument;
    if (strcmp(work->mode, "whole") == 0) {
        work->statements = parse(work->text);
        work->failed = work->statements == 0;
        return NULL;
    }
    PgQuerySplitResult split = pg_query_split_with_scanner(work->text);
    if (split.error != NULL) {
        work->failed = true;
        return NULL;
    }
    if (strcmp(work->mode, "each") == 0)
        parse_each(work, &split);
    else
        work->statements = (size_t)split.n_stmts;
    pg_query_free_split_result(split);
    return NULL;
}

int main(int count, char **words)
{
    if (count != 3) {
        fprintf(stderr, "usage: %s each|whole|scan FILE\n", words[0]);
        return 2;
    }
    struct work work = {.mode = words[1], .text = read_all(words[2])};
    pthread_attr_t attributes;
    pthread_t thread;
    if (work.text == NULL || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstacksize(&attributes, stack_size) != 0 ||
        pthread_create(&thread, &attributes, run, &work) != 0 || pthread_join(thread, NULL) != 0) {
        fprintf(stderr, "%s: could not begin\n", words[0]);
        return 10;
    }
    pthread_attr_destroy(&attributes);
    free(work.text);
    printf("%zu\n", work.statements);
    return work.failed ? 1 : 0;
}
