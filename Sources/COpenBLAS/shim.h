// CBLAS and LAPACKE as Debian's libopenblas-dev and liblapacke-dev declare them; nothing else.
#define LAPACK_COMPLEX_CUSTOM
#define lapack_complex_float float _Complex
#define lapack_complex_double double _Complex
#include <cblas.h>
#include <lapacke.h>
