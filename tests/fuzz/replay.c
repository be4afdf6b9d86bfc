/*
 * Replay: feed every file of a corpus to a fuzz target, once, in builds without libFuzzer.
 *
 * What fuzzing once found stays in the corpus, and every run of the tests proves it still fixed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "replay: %s \"%s\"\n", what, path);
    exit(1);
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (file == NULL || fstat(fileno(file), &about) != 0)
        fail("could not open", path);
    size_t size = (size_t)about.st_size;
    uint8_t *data = malloc(size + 1);
    if (data == NULL || fread(data, 1, size, file) != size)
        fail("could not read", path);
    fclose(file);
    fprintf(stderr, "replay: %s (%zu bytes)\n", path, size); /* the last line names the culprit */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static unsigned replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        fail("could not open folder", path);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char child[4096];
        snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        replay_file(child);
        files++;
    }
    closedir(folder);
    return files;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (replay_folder(argv[i]) == 0)
            fail("no corpus in", argv[i]);
    return argc < 2;
}
