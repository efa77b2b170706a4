/* Which Content-Encoding an answer gets, and that it is what the header says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "emulators/wire/front_compress.h"

static void test_coding_of(void **state)
{
    static const struct {
        const char *accept;
        enum front_coding coding;
    } rows[] = {
        {NULL, FRONT_CODING_NONE},
        {"", FRONT_CODING_NONE},
        {"identity", FRONT_CODING_NONE},
        {"br", FRONT_CODING_NONE},
        {"x-gzip", FRONT_CODING_NONE},
        {"\"gzip\"", FRONT_CODING_NONE},
        {"gzip br", FRONT_CODING_NONE},
        {"gzip:q=1", FRONT_CODING_NONE},
        {"gzip ;q=0", FRONT_CODING_NONE},
        {"gzip;nq=1;q=0 ", FRONT_CODING_NONE},
        {"*;q=0", FRONT_CODING_NONE},
        {"identity;q=0", FRONT_CODING_NONE},
        {"br;q=0.8,identity;q=0.5,*;q=0", FRONT_CODING_NONE},
        {"gzip", FRONT_CODING_GZIP},
        {"GZIP, identity", FRONT_CODING_GZIP},
        {"gzip, deflate", FRONT_CODING_GZIP},
        {"dog, gzip ,, cat", FRONT_CODING_GZIP},
        {"gzip;q=0.5,identity;q=0.8", FRONT_CODING_GZIP},
        {"gzip;q=0, gzip;q=1, gzip;q=0", FRONT_CODING_GZIP},
        {"br,gzip;q=0.0001", FRONT_CODING_GZIP},
        {"deflate;q=0.5, gzip;q=31", FRONT_CODING_GZIP},
        {"gzip;q=31,deflate;q=51", FRONT_CODING_GZIP},
        {"deflate;q=0.5, gzip;q=1;q=0.2", FRONT_CODING_GZIP},
        {"deflate;q=0.5,gzip;q=0.x", FRONT_CODING_GZIP},
        {"deflate;q=-0.5,gzip;q=0.2", FRONT_CODING_GZIP},
        {"deflate;q=0.5,gzip;q=", FRONT_CODING_GZIP},
        {"*", FRONT_CODING_GZIP},
        {"*, identity", FRONT_CODING_GZIP},
        {"*;q=0.5,identity", FRONT_CODING_GZIP},
        {"*, deflate;q=0.5", FRONT_CODING_GZIP},
        {"deflate", FRONT_CODING_DEFLATE},
        {"br, identity, deflate, gzip", FRONT_CODING_DEFLATE},
        {"br, gzip;q=0, deflate; q = 0.5 , identity;q=0", FRONT_CODING_DEFLATE},
        {"deflate;q=0.5,gzip;q=0.", FRONT_CODING_DEFLATE},
        {"deflate;q=0.5, gzip;q=0.2", FRONT_CODING_DEFLATE},
        {"*, deflate", FRONT_CODING_DEFLATE},
        {"*, gzip;q=0.5", FRONT_CODING_DEFLATE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (front_coding_of(rows[i].accept) != rows[i].coding)
            fail_msg("%s: coding %d", rows[i].accept, (int)front_coding_of(rows[i].accept));
}

static void test_body(void **state)
{
    static const struct {
        const char *accept;
        size_t bytes;
        const char *encoding;
    } rows[] = {
        {"gzip", FRONT_COMPRESS_MIN_BYTES, NULL},
        {"gzip", FRONT_COMPRESS_MIN_BYTES + 1, "gzip"},
        {"deflate", 100000, "deflate"},
        {"identity", 100000, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sim_arena *arena = sim_arena_create();
        char *body = sim_arena_alloc(arena, rows[i].bytes);
        for (size_t k = 0; k < rows[i].bytes; k++)
            body[k] = (char)('a' + k % 23);
        /* the last of two headers counts */
        struct sim_http_header headers[] = {{"accept-encoding", "br"},
                                            {"Accept-Encoding", rows[i].accept}};
        struct front_message message = {.headers = headers, .header_count = 2, .arena = arena};
        struct front_reply reply = {.body = body, .body_bytes = rows[i].bytes};
        front_compress(&message, &reply);
        if (rows[i].encoding == NULL) {
            assert_int_equal(reply.header_count, 0);
            assert_ptr_equal(reply.body, body);
        } else {
            assert_string_equal(reply.headers[0].name, "Content-Encoding");
            assert_string_equal(reply.headers[0].value, rows[i].encoding);
            assert_true(reply.body_bytes < rows[i].bytes / 10);
            char *plain = sim_arena_alloc(arena, rows[i].bytes + 1);
            z_stream stream = {0};
            assert_int_equal(inflateInit2(&stream, 15 + 32), Z_OK);
            stream.next_in = (Bytef *)(uintptr_t)reply.body;
            stream.avail_in = (uInt)reply.body_bytes;
            stream.next_out = (Bytef *)plain;
            stream.avail_out = (uInt)rows[i].bytes + 1;
            assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
            assert_int_equal(stream.total_out, rows[i].bytes);
            assert_memory_equal(plain, body, rows[i].bytes);
            (void)inflateEnd(&stream);
        }
        sim_arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coding_of),
        cmocka_unit_test(test_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
