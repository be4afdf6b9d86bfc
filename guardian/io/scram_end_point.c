/* tls-server-end-point, see scram.h. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "guardian/io/scram.h"

_Static_assert(GD_SCRAM_END_POINT_MAX >= EVP_MAX_MD_SIZE, "room for any hash");

/* The hash of the certificate's own signature; SHA-256 for those that are too weak (RFC 5929, 4.1).
 * NULL: the signature names none (Ed25519, RSA-PSS), and libpq of today cannot bind to it. */
static const EVP_MD *hash_of(const X509 *certificate)
{
    int kind = NID_undef;
    if (OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &kind, NULL) != 1 ||
        kind == NID_undef)
        return NULL;
    return kind == NID_md5 || kind == NID_sha1 ? EVP_sha256() : EVP_get_digestbynid(kind);
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
    if (file != NULL)
        (void)fclose(file);
    return certificate;
}

struct gd_status gd_scram_end_point_read(const char *certificate,
                                         struct gd_scram_end_point *out_end_point,
                                         struct gd_error *err)
{
    struct gd_scram_end_point read = {0};
    unsigned size = 0;
    errno = 0;
    X509 *x509 = read_certificate(certificate);
    int why = errno;
    const EVP_MD *kind = x509 == NULL ? NULL : hash_of(x509);
    bool good = x509 != NULL && (kind == NULL || X509_digest(x509, kind, read.bytes, &size) == 1);
    X509_free(x509);
    ERR_clear_error();
    if (!good)
        return gd_fail(err, GD_USAGE, "could not read the certificate in \"%s\": %s", certificate,
                       why == 0 ? "it is no PEM file with a certificate" : strerror(why));
    read.size = size;
    *out_end_point = read;
    return GD_DONE;
}
