/* test_dns_rate.c -- the bound on answers by UDP, and what is said past it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emulators/route53/dns.h"
#include "emulators/route53/dns_rate.h"

static struct r53_address address_of(const char *text)
{
    struct r53_address address;
    assert_true(r53_address_parse(text, &address));
    return address;
}

static unsigned count_answers(struct r53_dns_rate *rate, const char *client, unsigned asked,
                              uint64_t now_us)
{
    const struct r53_address address = address_of(client);
    unsigned answers = 0;
    for (unsigned i = 0; i < asked; i++)
        answers += r53_dns_rate_take(rate, &address, now_us) == R53_DNS_ANSWER ? 1 : 0;
    return answers;
}

static void test_a_network_gets_its_rate_and_no_more(void **state)
{
    static const struct {
        const char *claim, *client;
        unsigned asked, answers;
        uint64_t at_us;
    } steps[] = {
        {"a second's answers at once", "192.0.2.1", 15, 10, 5000000},
        {"nothing is left", "192.0.2.1", 5, 0, 5000000},
        {"another address of the /24 shares", "192.0.2.200", 5, 0, 5000000},
        {"another network has its own", "198.51.100.1", 15, 10, 5000000},
        {"a tenth of a second later there is one", "192.0.2.1", 5, 1, 5100000},
        {"half a second later there are five", "192.0.2.1", 9, 5, 5600000},
        {"an hour later no more than a second's", "192.0.2.1", 50, 10, 3605000000},
        {"an IPv6 network", "2001:db8::1", 15, 10, 3605000000},
        {"shares within /56", "2001:db8:0:0:1::1", 15, 0, 3605000000},
    };
    struct r53_dns_rate *rate = sim_alloc(sizeof(*rate));
    (void)state;
    rate->per_second = 10;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (count_answers(rate, steps[i].client, steps[i].asked, steps[i].at_us) !=
            steps[i].answers)
            fail_msg("%s", steps[i].claim);
    free(rate);
}

static void test_no_bound_answers_all(void **state)
{
    struct r53_dns_rate *rate = sim_alloc(sizeof(*rate));
    (void)state;
    assert_int_equal(count_answers(rate, "192.0.2.1", 100000, 1), 100000);
    free(rate);
}

static void test_past_the_bound_every_second_question_is_sent_to_tcp(void **state)
{
    struct r53_dns_rate *rate = sim_alloc(sizeof(*rate));
    const struct r53_address client = address_of("192.0.2.1");
    (void)state;
    rate->per_second = 1;
    assert_int_equal(r53_dns_rate_take(rate, &client, 1), R53_DNS_ANSWER);
    for (int i = 0; i < 10; i++)
        assert_int_equal(r53_dns_rate_take(rate, &client, 1),
                         i % 2 == 0 ? R53_DNS_SLIP : R53_DNS_DROP);
    free(rate);
}

static void test_the_short_reply_is_the_question_with_tc(void **state)
{
    static const uint8_t query[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
                                   "\x01W\x00\x00\x01\x00\x01"
                                   "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00";
    static const uint8_t wanted[] = "\x12\x34\x83\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                    "\x01W\x00\x00\x01\x00\x01";
    uint8_t reply[512];
    uint8_t bad[sizeof(query) - 1];
    (void)state;
    assert_int_equal(r53_dns_truncated(query, sizeof(query) - 1, reply), sizeof(wanted) - 1);
    assert_memory_equal(reply, wanted, sizeof(wanted) - 1);
    for (size_t bytes = 0; bytes < sizeof(wanted) - 1; bytes++) /* cut short anywhere */
        assert_int_equal(r53_dns_truncated(query, bytes, reply), 0);
    memcpy(bad, query, sizeof(bad));
    bad[2] |= 0x80; /* an answer is never answered */
    assert_int_equal(r53_dns_truncated(bad, sizeof(bad), reply), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_network_gets_its_rate_and_no_more),
        cmocka_unit_test(test_no_bound_answers_all),
        cmocka_unit_test(test_past_the_bound_every_second_question_is_sent_to_tcp),
        cmocka_unit_test(test_the_short_reply_is_the_question_with_tc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
