/* Exact decimals on a 128-bit coefficient.
 *
 * 38 digits stay below 2^127, so a sum of two aligned coefficients fits 128 bits as long as neither
 * is above 2 * 10^38. Alignment only ever multiplies the number with the larger exponent; when that
 * would take it above the bound, the exact result has more than 38 digits: its last digit is the
 * other number's last digit, which is not 0, and its first lies at least 39 digits to the left. */
#include "emulators/dynamodb/number.h"

#include <string.h>

#define EXPONENT_MAX 125
#define EXPONENT_MIN (-130)
/* Counts are clamped here while reading: far outside the range, far inside an int32. */
#define EXPONENT_CLAMP 10000000

static const uint64_t small_powers[] = {
    1ull,
    10ull,
    100ull,
    1000ull,
    10000ull,
    100000ull,
    1000000ull,
    10000000ull,
    100000000ull,
    1000000000ull,
    10000000000ull,
    100000000000ull,
    1000000000000ull,
    10000000000000ull,
    100000000000000ull,
    1000000000000000ull,
    10000000000000000ull,
    100000000000000000ull,
    1000000000000000000ull,
    10000000000000000000ull,
};

/* 10^power for 0..38. */
static ddb_uint128 power_of_ten(int32_t power)
{
    PRE(power >= 0);
    PRE(power <= DDB_NUMBER_DIGITS_MAX);
    if (power < 20)
        return small_powers[power];
    return (ddb_uint128)small_powers[19] * small_powers[power - 19];
}

static int32_t count_digits(ddb_uint128 coefficient)
{
    int32_t count = 0;
    while (count <= DDB_NUMBER_DIGITS_MAX && coefficient >= power_of_ten(count))
        count++;
    return count;
}

int32_t ddb_number_digit_count(const struct ddb_number *number)
{
    return count_digits(number->coefficient);
}

int32_t ddb_number_magnitude(const struct ddb_number *number)
{
    return number->coefficient == 0 ? 0 : count_digits(number->coefficient) + number->exponent - 1;
}

static bool fail_overflow(struct ddb_fault *fault)
{
    return ddb_invalid(fault, "Number overflow. Attempting to store a number with magnitude larger "
                              "than supported range");
}

static bool fail_underflow(struct ddb_fault *fault)
{
    return ddb_invalid(fault, "Number underflow. Attempting to store a number with magnitude "
                              "smaller than supported range");
}

static bool check_magnitude(int32_t magnitude, struct ddb_fault *fault)
{
    if (magnitude > EXPONENT_MAX)
        return fail_overflow(fault);
    if (magnitude < EXPONENT_MIN)
        return fail_underflow(fault);
    return true;
}

/* What a number's text says, before it is a number. */
struct reading {
    const char *digits; /* digits and at most one point */
    size_t digits_bytes;
    int32_t fraction_count; /* digits behind the point, clamped */
    int32_t exponent;       /* clamped */
    int64_t whole_exponent; /* as written; good when it fits */
    bool is_negative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int32_t clamped(int64_t value)
{
    return value > EXPONENT_CLAMP    ? EXPONENT_CLAMP
           : value < -EXPONENT_CLAMP ? -EXPONENT_CLAMP
                                     : (int32_t)value;
}

/* NULL: no exponent, or one that 64 bits do not hold. */
static const char *read_exponent(const char *at, int64_t *exponent)
{
    bool is_negative = *at == '-';
    int64_t value = 0;
    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return NULL;
    for (; is_digit(*at); at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *at - '0', &value)) /* downwards: that side is larger */
            return NULL;
    if (!is_negative && value == INT64_MIN)
        return NULL;
    *exponent = is_negative ? value : -value;
    return at;
}

static bool read_text(const char *text, struct reading *reading)
{
    const char *at = text;
    size_t digit_count = 0;
    size_t fraction_count = 0;
    *reading = (struct reading){.is_negative = *at == '-'};
    if (*at == '-' || *at == '+')
        at++;
    reading->digits = at;
    for (; is_digit(*at); at++)
        digit_count++;
    if (*at == '.') {
        for (at++; is_digit(*at); at++)
            fraction_count++;
        digit_count += fraction_count;
    }
    reading->digits_bytes = (size_t)(at - reading->digits);
    reading->fraction_count =
        fraction_count > EXPONENT_CLAMP ? EXPONENT_CLAMP : (int32_t)fraction_count;
    if (digit_count == 0)
        return false;
    if (*at == 'e' || *at == 'E')
        at = read_exponent(at + 1, &reading->whole_exponent);
    reading->exponent = clamped(reading->whole_exponent);
    return at != NULL && *at == '\0';
}

/* Takes the significant digits; the number of them goes to *count (it stops above 38). exponent is
 * that of the last digit taken. */
static ddb_uint128 take_digits(const struct reading *reading, int32_t *count, int32_t *exponent)
{
    ddb_uint128 coefficient = 0;
    int32_t zeros = 0; /* seen behind the last significant digit */
    *count = 0;
    for (size_t i = 0; i < reading->digits_bytes; i++) {
        char c = reading->digits[i];
        if (c == '.' || (c == '0' && *count == 0))
            continue;
        if (c == '0') {
            if (zeros < EXPONENT_CLAMP)
                zeros++;
            continue;
        }
        *count += zeros + 1;
        if (*count > DDB_NUMBER_DIGITS_MAX)
            return 0;
        for (; zeros > 0; zeros--)
            coefficient *= 10;
        coefficient = coefficient * 10 + (unsigned)(c - '0');
    }
    *exponent = reading->exponent - reading->fraction_count + zeros;
    return coefficient;
}

/* The decimal exponent of the first significant digit, however many follow. */
static int32_t first_digit_exponent(const struct reading *reading)
{
    size_t point = reading->digits_bytes;
    size_t first = reading->digits_bytes;
    for (size_t i = reading->digits_bytes; i-- > 0;) {
        if (reading->digits[i] == '.')
            point = i;
        else if (reading->digits[i] != '0')
            first = i;
    }
    size_t distance = first < point ? point - first - 1 : first - point;
    int32_t steps = distance > EXPONENT_CLAMP ? EXPONENT_CLAMP : (int32_t)distance;
    return reading->exponent + (first < point ? steps : -steps);
}

/* The older checks read a number as Java's BigDecimal does: the exponent and the scale are 32 bits
 * wide, and the place of the first digit is worked out in as many, which wraps. */
static bool check_narrow(const struct reading *reading, const char *text, struct ddb_fault *fault)
{
    int64_t exponent = reading->whole_exponent;
    int64_t scale = reading->fraction_count - exponent;
    if (exponent > INT32_MAX || exponent <= INT32_MIN || scale > INT32_MAX || scale < INT32_MIN)
        return ddb_invalid(fault, "The parameter cannot be converted to a numeric value: %s", text);
    if (1 - scale > INT32_MAX)
        return fail_underflow(fault);
    return true;
}

bool ddb_number_parse(const char *text, struct ddb_number *number, struct ddb_fault *fault)
{
    struct reading reading;
    bool is_older = fault == NULL || fault->wording == DDB_WORDING_OLDER;
    if (*text == '\0' && is_older)
        return ddb_invalid(fault, "The parameter cannot be converted to a numeric value");
    if (!read_text(text, &reading))
        return ddb_invalid(fault, "The parameter cannot be converted to a numeric value: %s", text);
    if (is_older && !check_narrow(&reading, text, fault))
        return false;
    int32_t count = 0;
    int32_t exponent = 0;
    ddb_uint128 coefficient = take_digits(&reading, &count, &exponent);
    if (count == 0) { /* the service looks at a zero's exponent as well: 0e126 is too large */
        if (!check_magnitude(reading.exponent - reading.fraction_count, fault))
            return false;
        *number = (struct ddb_number){0};
        return true;
    }
    if (!check_magnitude(first_digit_exponent(&reading), fault))
        return false;
    if (count > DDB_NUMBER_DIGITS_MAX)
        return ddb_invalid(fault,
                           "Attempting to store more than 38 significant digits in a Number");
    *number = (struct ddb_number){coefficient, exponent, reading.is_negative};
    return true;
}

/* Compares absolute values. */
static int compare_magnitude(const struct ddb_number *a, const struct ddb_number *b)
{
    if (a->coefficient == 0 || b->coefficient == 0)
        return (a->coefficient > b->coefficient) - (a->coefficient < b->coefficient);
    int32_t a_digits = count_digits(a->coefficient);
    int32_t b_digits = count_digits(b->coefficient);
    int32_t a_magnitude = a_digits + a->exponent;
    int32_t b_magnitude = b_digits + b->exponent;
    if (a_magnitude != b_magnitude)
        return a_magnitude < b_magnitude ? -1 : 1;
    ddb_uint128 left = a->coefficient * power_of_ten(DDB_NUMBER_DIGITS_MAX - a_digits);
    ddb_uint128 right = b->coefficient * power_of_ten(DDB_NUMBER_DIGITS_MAX - b_digits);
    return (left > right) - (left < right);
}

int ddb_number_compare(const struct ddb_number *a, const struct ddb_number *b)
{
    if (a->is_negative != b->is_negative)
        return a->is_negative ? -1 : 1;
    int order = compare_magnitude(a, b);
    return a->is_negative ? -order : order;
}

/* Drops zeros at the end and checks the limits. */
static bool finish(ddb_uint128 coefficient, int32_t exponent, bool is_negative,
                   struct ddb_number *number, struct ddb_fault *fault)
{
    if (coefficient == 0) {
        *number = (struct ddb_number){0};
        return true;
    }
    while (coefficient % 10 == 0) {
        coefficient /= 10;
        exponent++;
    }
    if (coefficient >= power_of_ten(DDB_NUMBER_DIGITS_MAX))
        return fail_overflow(fault); /* the service's text for too many digits in arithmetic */
    if (!check_magnitude(count_digits(coefficient) + exponent - 1, fault))
        return false;
    *number = (struct ddb_number){coefficient, exponent, is_negative};
    return true;
}

bool ddb_number_add(const struct ddb_number *a, const struct ddb_number *b, struct ddb_number *sum,
                    struct ddb_fault *fault)
{
    if (a->coefficient == 0 || b->coefficient == 0) {
        *sum = a->coefficient == 0 ? *b : *a;
        return true;
    }
    const struct ddb_number *high = a->exponent >= b->exponent ? a : b;
    const struct ddb_number *low = high == a ? b : a;
    int32_t shift = high->exponent - low->exponent;
    if (shift > DDB_NUMBER_DIGITS_MAX ||
        (shift > 0 &&
         high->coefficient > 2 * power_of_ten(DDB_NUMBER_DIGITS_MAX) / power_of_ten(shift)))
        return fail_overflow(fault);
    ddb_uint128 aligned = high->coefficient * power_of_ten(shift);
    if (high->is_negative == low->is_negative)
        return finish(aligned + low->coefficient, low->exponent, low->is_negative, sum, fault);
    if (aligned >= low->coefficient)
        return finish(aligned - low->coefficient, low->exponent, high->is_negative, sum, fault);
    return finish(low->coefficient - aligned, low->exponent, low->is_negative, sum, fault);
}

bool ddb_number_subtract(const struct ddb_number *a, const struct ddb_number *b,
                         struct ddb_number *difference, struct ddb_fault *fault)
{
    struct ddb_number negated = *b;
    negated.is_negative = b->coefficient != 0 && !b->is_negative;
    return ddb_number_add(a, &negated, difference, fault);
}

/* The coefficient's digits, most significant first; returns how many. */
static int32_t digits_of(const struct ddb_number *number, char digits[DDB_NUMBER_DIGITS_MAX + 1])
{
    int32_t count = count_digits(number->coefficient);
    ddb_uint128 rest = number->coefficient;
    for (int32_t i = count; i-- > 0; rest /= 10)
        digits[i] = (char)('0' + (int)(rest % 10));
    return count;
}

size_t ddb_number_format(const struct ddb_number *number, char text[DDB_NUMBER_TEXT_BYTES])
{
    char digits[DDB_NUMBER_DIGITS_MAX + 1];
    int32_t count = digits_of(number, digits);
    char *at = text;
    if (count == 0)
        *at++ = '0';
    if (number->is_negative)
        *at++ = '-';
    int32_t whole = count + number->exponent; /* digits in front of the point */
    if (count > 0 && whole <= 0) {
        *at++ = '0';
        *at++ = '.';
        for (int32_t i = whole; i < 0; i++)
            *at++ = '0';
    }
    for (int32_t i = 0; i < count; i++) {
        if (i == whole && i > 0)
            *at++ = '.';
        *at++ = digits[i];
    }
    for (int32_t i = count; count > 0 && i < whole; i++)
        *at++ = '0';
    *at = '\0';
    return (size_t)(at - text);
}

/* The service's own byte form (as dynalite found it): an exponent of 100, then pairs of digits plus
 * one; a negative number is mirrored and closed by 102, so that its shorter forms sort last. */
size_t ddb_number_key(const struct ddb_number *number, uint8_t key[DDB_NUMBER_KEY_BYTES])
{
    char digits[DDB_NUMBER_DIGITS_MAX + 1];
    int32_t count = digits_of(number, digits);
    size_t length_bytes = 0;
    if (count == 0) {
        key[length_bytes++] = 0x80;
        return length_bytes;
    }
    int32_t point = count + number->exponent; /* -129..126 */
    bool is_odd = point % 2 != 0;             /* then the first pair starts with a 0 */
    int32_t hundreds = (point + is_odd + 256) / 2 - 128 - 64;
    key[length_bytes++] = (uint8_t)((hundreds & 0xff) ^ (number->is_negative ? 0xff : 0));
    for (int32_t i = is_odd ? -1 : 0; i < count; i += 2) {
        int32_t tens = i < 0 ? 0 : digits[i] - '0';
        int32_t ones = i + 1 < count ? digits[i + 1] - '0' : 0;
        int32_t pair = tens * 10 + ones;
        key[length_bytes++] = (uint8_t)(number->is_negative ? 101 - pair : pair + 1);
    }
    if (number->is_negative && length_bytes <= 20) /* nothing is longer than 20 pairs */
        key[length_bytes++] = 102;
    return length_bytes;
}
