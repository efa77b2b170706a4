#include "sim/cli/control_client.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "sim/core/buffer.h"

#define ANSWER_MAX_BYTES ((size_t)64 * 1024 * 1024)

static size_t keep(char *data, size_t size, size_t count, void *context)
{
    struct sim_buffer *body = context;
    size_t bytes = size * count;
    if (body->length_bytes + bytes > ANSWER_MAX_BYTES)
        return 0; /* libcurl ends the transfer */
    sim_buffer_append(body, data, bytes);
    return bytes;
}

static void request_set_up(CURL *curl, const char *url, const char *method, const char *body,
                           struct curl_slist *headers, struct sim_buffer *answer)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
}

enum sim_result control_request(const char *endpoint, const char *method, const char *path,
                                const char *body, struct control_answer *answer,
                                struct sim_error *error)
{
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return sim_error_set(error, RESULT_NO_MEMORY, "libcurl did not start");
    struct sim_buffer url, text;
    sim_buffer_init(&url);
    sim_buffer_init(&text);
    sim_buffer_printf(&url, "%s/_regionlab%s", endpoint, path);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    request_set_up(curl, url.data, method, body, headers, &text);

    CURLcode code = curl_easy_perform(curl);
    enum sim_result result = RESULT_OK;
    if (code != CURLE_OK) {
        result = sim_error_set(error, RESULT_IO, "no regionlab answers at %s (%s)", endpoint,
                               curl_easy_strerror(code));
    } else {
        *answer = (struct control_answer){0};
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
        answer->body = sim_buffer_take(&text);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    sim_buffer_fini(&url);
    sim_buffer_fini(&text);
    return result;
}

void control_answer_fini(struct control_answer *answer)
{
    free(answer->body);
    answer->body = NULL;
}
