// Message digests as OpenSSL's libcrypto declares them; nothing else.
#include <openssl/evp.h>
