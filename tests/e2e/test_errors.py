"""What bad input gets, over real sockets: the service's own error, and the server goes on."""

import concurrent.futures
import gzip
import json
import random
import socket
import time

import botocore.exceptions
import pytest
from conftest import EAST, shared
from hostile import (DYNAMODB, RECOVERY_CONFIG, XML_NAMESPACE, authorization, dynamodb, is_sanitized, open_connection,
                     open_files, receive, request, resident_bytes, route53, send, until)

server = shared("--clock", "virtual")

AUTHORIZATION = authorization()


@pytest.fixture(autouse=True)
def the_server_goes_on(server):
    """After whatever a test sent, an ordinary request gets its ordinary answer."""
    yield
    assert server.process.poll() is None
    reply = send(server, dynamodb("{}"))
    assert (reply.status, len(reply.json()["TableNames"])) == (200, 3)


# --- JSON -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [
    b"", b"{", b"}", b"[]", b"null", b'"text"', b"{}{}", b"{'a':1}", b'{"a":1,}', b"\x00",
    b'{"TableName":"\xff\xfe"}', b'{"TableName":"\xed\xa0\x80"}', b'{"TableName":"\\ud800"}', b'{"a":' * 100000,
    b'{"a":' * 50000 + b"1" + b"}" * 50000, b"[" * 1000000, b'{"Limit":0x10}', b'{"Limit":1e}', b'{"Limit":NaN}',
])
def test_a_body_that_is_no_json_object_is_a_serialization_exception_without_text(server, body):
    reply = send(server, dynamodb(body))
    assert (reply.status, reply.json()) == (400, {"__type": "com.amazon.coral.service#SerializationException"})


@pytest.mark.parametrize("operation, body, message", [
    ("DescribeTable", {"TableName": 1}, "NUMBER_VALUE cannot be converted to String"),
    ("DescribeTable", {"TableName": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
    ("DescribeTable", {"TableName": True}, "TRUE_VALUE cannot be converted to String"),
    ("DescribeTable", {"TableName": ["a"]}, "Unrecognized collection type class java.lang.String"),
    ("DescribeTable", {"TableName": {"a": 1}}, "Start of structure or map found where not expected"),
    ("ListTables", {"Limit": "ten"}, "STRING_VALUE cannot be converted to Integer"),
    ("ListTables", {"Limit": False}, "FALSE_VALUE cannot be converted to Integer"),
    ("GetItem", {"TableName": "abc", "ConsistentRead": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
    ("GetItem", {"TableName": "abc", "Key": "x"}, "Unexpected field type"),
    ("GetItem", {"TableName": "abc", "Key": {"a": {"S": 1}}}, "NUMBER_VALUE cannot be converted to String"),
    ("PutItem", {"TableName": "abc", "Item": {"a": {"B": 1}}},
     "only base-64-encoded strings are convertible to bytes"),
    ("PutItem", {"TableName": "abc", "Item": {"a": {"B": "abc"}}},
     "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
])
def test_a_value_of_the_wrong_type_is_named_in_the_services_words(server, operation, body, message):
    reply = send(server, dynamodb(body, operation))
    assert (reply.status, reply.code, reply.json().get("Message")) == (400, "SerializationException", message)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "99999999999999999999999999", "-9223372036854775809", "0", "101"])
def test_a_number_out_of_range_is_a_validation_error(server, number):
    reply = send(server, dynamodb('{"Limit":%s}' % number))
    assert (reply.status, reply.code) == (400, "ValidationException")
    assert "at 'limit' failed to satisfy constraint: Member must have value" in reply.message


def test_a_list_in_json_text_deeper_than_dynamodb_allows_is_refused(server):
    item = '{"TableName":"resilientdynamo-Order","Item":{"OrderId":{"S":"deep"},"v":%s}}'
    deep = '{"L":[' * 400 + '{"S":"x"}' + "]}" * 400
    reply = send(server, dynamodb(item % deep, "PutItem"))
    assert (reply.status, reply.code) in ((400, "ValidationException"), (400, "SerializationException"))
    key = {"TableName": "resilientdynamo-Order", "Key": {"OrderId": {"S": "deep"}}}
    assert send(server, dynamodb(key, "GetItem")).json() == {}


@pytest.mark.parametrize("target", [None, "", "Nonsense", "DynamoDB_20120810.", "DynamoDB_20120810.Nope",
                                    "DynamoDB_20111205.ListTables", "DynamoDB_20120810.listtables", "x" * 9000])
def test_a_missing_or_unknown_target_is_an_unknown_operation(server, target):
    reply = send(server, dynamodb("{}", x_amz_target=target))
    assert (reply.status, reply.json()) == (400, {"__type": "com.amazon.coral.service#UnknownOperationException"})


def test_a_missing_table_is_resource_not_found(server):
    reply = send(server, dynamodb({"TableName": "nosuch"}, "DescribeTable"))
    assert (reply.status, reply.json()) == (400, {
        "__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        "message": "Requested resource not found: Table: nosuch not found"})
    reply = send(server, dynamodb({"TableName": "nosuch", "Key": {"a": {"S": "b"}}}, "GetItem"))
    assert (reply.code, reply.message) == ("ResourceNotFoundException", "Requested resource not found")


@pytest.mark.parametrize("name", ["ab", "a" * 256, "a" * 100000])
def test_an_oversized_or_tiny_table_name_is_refused_with_its_limits(server, name):
    reply = send(server, dynamodb({"TableName": name}, "DescribeTable"))
    assert (reply.status, reply.code) == (400, "ValidationException")
    assert reply.message == "TableName must be at least 3 characters long and at most 255 characters long"


def test_an_operation_that_is_not_implemented_says_so_with_501(server):
    scaling = server.client("application-autoscaling")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        scaling.get_predictive_scaling_forecast(
            ServiceNamespace="dynamodb", ResourceId="table/abc", PolicyName="p",
            ScalableDimension="dynamodb:table:ReadCapacityUnits", StartTime=0, EndTime=1)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "GetPredictiveScalingForecast" in str(refused.value) and "not implemented" in str(refused.value)


# --- who asks for what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers, code, message", [
    ({"authorization": None}, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
    ({"authorization": ""}, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
    ({"authorization": "Bearer abc"}, "MissingAuthenticationTokenException", "Request is missing Authentication Token"),
    ({"authorization": "AWS4-HMAC-SHA256", "x_amz_date": None}, "IncompleteSignatureException",
     "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
     "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a "
     "'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256"),
    ({"authorization": AUTHORIZATION.replace("Signature=", "Sig=")}, "IncompleteSignatureException",
     "Authorization header requires 'Signature' parameter. Authorization="
     + AUTHORIZATION.replace("Signature=", "Sig=")),
    ({"x_amz_date": "yesterday"}, "IncompleteSignatureException",
     "Date must be in ISO-8601 'basic format'. Got 'yesterday'. See http://en.wikipedia.org/wiki/ISO_8601"),
    ({"authorization": AUTHORIZATION.replace("SignedHeaders=host;", "SignedHeaders=")}, "InvalidSignatureException",
     "'Host' must be a 'SignedHeader' in the AWS Authorization."),
    ({"authorization": AUTHORIZATION.replace("AWS4-HMAC-SHA256", "AWS4-MD5")}, "IncompleteSignatureException",
     "Unsupported AWS 'algorithm': 'AWS4-MD5' (only AWS4-HMAC-SHA256 for now). "),
    ({"authorization": AUTHORIZATION.replace("/aws4_request", "")}, "IncompleteSignatureException",
     "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
     "got 'test/20260101/us-east-1/dynamodb'"),
    ({"authorization": AUTHORIZATION.replace("aws4_request", "aws3")}, "InvalidSignatureException",
     "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3'. "),
])
def test_a_missing_or_malformed_authorization_gets_dynamodbs_text(server, headers, code, message):
    reply = send(server, dynamodb("{}", **headers))
    assert (reply.status, reply.code, reply.message) == (400, code, message)


def test_a_signature_both_in_query_and_header_is_refused(server):
    reply = send(server, request("{}", path="/?X-Amz-Algorithm=AWS4-HMAC-SHA256", authorization=AUTHORIZATION,
                                 x_amz_target="DynamoDB_20120810.ListTables",
                                 content_type="application/x-amz-json-1.0"))
    assert reply.message == ("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
                             "header.")


def test_the_first_thing_wrong_is_told_json_before_target_before_authorization(server):
    assert send(server, dynamodb("{", x_amz_target=None, authorization=None)).code == "SerializationException"
    assert send(server, dynamodb("{}", x_amz_target=None, authorization=None)).code == "UnknownOperationException"
    assert send(server, dynamodb('{"Limit":"x"}', authorization=None)).code == "MissingAuthenticationTokenException"


@pytest.mark.parametrize("region", ["mars-1", "eu-west-3", "US-EAST-1", "x" * 3000, "us-east-1%00"])
def test_a_region_outside_the_world_is_refused_with_those_inside(server, region):
    reply = send(server, dynamodb("{}", authorization=authorization(DYNAMODB, region)))
    assert reply.status == 400
    assert "us-east-1, us-west-2, us-east-2" in reply.message


def test_an_unknown_service_is_refused_with_those_there_are(server):
    reply = send(server, dynamodb("{}", authorization=authorization("sqs"), x_amz_target="AmazonSQS.ListQueues"))
    assert reply.status == 501
    assert "sqs" in reply.message and "dynamodb" in reply.message and "route53" in reply.message


@pytest.mark.parametrize("method, headers", [("PUT", {}), ("DELETE", {}), ("BREW", {}),
                                             ("POST", {"content_type": "text/plain"})])
def test_a_foreign_method_or_content_type_is_dynamodbs_404(server, method, headers):
    reply = send(server, request("{}", method, **{"x_amz_target": "DynamoDB_20120810.ListTables",
                                                  "content_type": "application/x-amz-json-1.0", **headers}))
    assert (reply.status, reply.body) == (404, b"<UnknownOperationException/>\n")


# --- XML ------------------------------------------------------------------------------------------------------------

ZONE = f'<CreateHostedZoneRequest xmlns="{XML_NAMESPACE}">%s</CreateHostedZoneRequest>'
LAUGHS = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize("body, said", [
    ("", "not well-formed"),
    ('{"Name": "x"}', "not well-formed"),
    ("<a><b></a>", "not well-formed"),
    (ZONE % "<Name>&foo;</Name>", "not well-formed"),
    (ZONE % "<Name>a" + "<x/>", "not well-formed"),
    (b"<CreateHostedZoneRequest><Name>\xff\xfe</Name></CreateHostedZoneRequest>", "not well-formed"),
    ("<CreateHostedZoneRequest>" + "<a>" * 100000 + "</a>" * 100000 + "</CreateHostedZoneRequest>", "depth"),
    ("<Foo/>", "Foo is not valid, expected CreateHostedZoneRequest"),
    ("<!DOCTYPE x>" + ZONE % "", "document type declaration is not allowed"),
    (f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>' + ZONE % "<Name>&a9;</Name>", "declaration is not allowed"),
    ('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + ZONE % "<Name>&f;</Name>", "not allowed"),
])
def test_bad_xml_is_malformed_input_and_no_entity_is_followed(server, body, said):
    reply = send(server, route53(body))
    assert (reply.status, reply.xml("Code"), reply.xml("Type")) == (400, "MalformedInput", "Sender")
    assert said in reply.xml("Message") and "root:" not in reply.xml("Message")


@pytest.mark.parametrize("inside, code, said", [
    ("", "InvalidInput", "Name"),
    ("<CallerReference>r</CallerReference>", "InvalidInput", "Name"),
    ("<Name>%s</Name><CallerReference>r</CallerReference>" % ("a" * 2000), "InvalidInput", "1024"),
    ("<Name>%s.example</Name><CallerReference>r</CallerReference>" % ("a" * 64), "InvalidDomainName", "TooLong"),
    ("<Name>a..example</Name><CallerReference>r</CallerReference>", "InvalidDomainName", ""),
    ("<Name>a.example</Name><CallerReference>%s</CallerReference>" % ("r" * 200), "InvalidInput", "128"),
])
def test_a_zone_that_cannot_be_is_refused_and_nothing_is_created(server, inside, code, said):
    reply = send(server, route53(ZONE % inside))
    assert (reply.status, reply.xml("Code")) == (400, code)
    assert said in reply.xml("Message")
    assert len(server.client("route53").list_hosted_zones()["HostedZones"]) == 1


@pytest.mark.parametrize("method, path, status, code", [
    ("GET", "/nosuch", 404, "UnknownOperationException"),
    ("GET", "/", 404, "UnknownOperationException"),
    ("GET", "/%zz/%00", 404, "UnknownOperationException"),
    ("PATCH", "/hostedzone", 404, "UnknownOperationException"),
    ("GET", "/hostedzone/ZNOPE", 404, "NoSuchHostedZone"),
    ("GET", "/hostedzone/" + "Z" * 5000, 400, "InvalidInput"),
    ("GET", "/hostedzone/..%2f..%2fetc%2fpasswd", 400, None),
    ("GET", "/hostedzone?maxitems=abc", 400, "InvalidInput"),
    ("GET", "/hostedzone?maxitems=-1", 400, "InvalidInput"),
    ("GET", "/healthcheck/nope", 404, "NoSuchHealthCheck"),
    ("GET", "/hostedzone/Z0/dnssec", 501, "NotImplemented"),
])
def test_a_path_that_leads_nowhere_is_told_in_xml(server, method, path, status, code):
    reply = send(server, route53("", path, method))
    assert reply.status == status if code else reply.status in (400, 404)
    assert b"<ErrorResponse" in reply.body and (code is None or reply.xml("Code") == code)


def test_route_53_without_authorization_is_403(server):
    reply = send(server, route53("", method="GET", authorization=None))
    assert (reply.status, reply.xml("Code")) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize("method, path, body, status", [
    ("POST", "/cluster", "{", 400), ("POST", "/cluster", '{"ClusterName":1}', 400), ("POST", "/cluster", "{}", 400),
    ("GET", "/nosuch", "", 404), ("GET", "/cluster?MaxResults=abc", "", 400), ("GET", "/cluster/nope", "", 404),
])
def test_recovery_control_answers_bad_requests_in_json(server, method, path, body, status):
    reply = send(server, request(body, method, path, authorization=authorization(RECOVERY_CONFIG, "us-west-2"),
                                 content_type="application/json"))
    assert reply.status == status and reply.message


# --- HTTP -----------------------------------------------------------------------------------------------------------


def test_a_body_over_16_mib_is_413_and_one_just_below_is_read(server):
    reply = send(server, dynamodb(b"x" * ((16 << 20) + 1)))
    assert (reply.status, reply.message) == (413, "Request body is too large")
    reply = send(server, dynamodb(b'{"Limit":1}' + b" " * ((16 << 20) - 11)))
    assert (reply.status, len(reply.json()["TableNames"])) == (200, 1)
    reply = send(server, request(b"x" * ((16 << 20) + 1), path="/_regionlab/reset", authorization=None))
    assert reply.status == 413


def test_a_body_over_the_limit_in_chunks_is_413(server):
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    reply = send(server, dynamodb(b"", content_length=None, transfer_encoding="chunked") + chunk * 17 + b"0\r\n\r\n")
    assert reply.status == 413


@pytest.mark.parametrize("headers, path", [({"x_long": "a" * 20000}, "/"), ({}, "/" + "a" * 20000),
                                           ({f"x_{i}": "a" * 100 for i in range(300)}, "/")])
def test_headers_over_16_kb_are_refused(server, headers, path):
    assert send(server, request("{}", path=path, **headers)).status in (400, 414, 431)


def test_endless_headers_end_by_a_refusal_not_by_memory(server):
    with open_connection(server) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            for i in range(20000):
                connection.sendall(b"x-header-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" % i)
        except OSError:
            pass
        reply = receive(connection)
    assert reply.is_closed and reply.status in (0, 400, 413, 431)


@pytest.mark.parametrize("length", ["-5", "abc", "1e3", "0x10", "1" + "0" * 30])
def test_a_content_length_that_is_no_number_is_refused(server, length):
    assert send(server, dynamodb("{}", content_length=length)).status in (400, 413)


def test_a_content_length_that_is_too_small_cuts_the_body(server):
    reply = send(server, dynamodb('{"Limit":1}', content_length=2))
    assert (reply.status, reply.code) == (400, "SerializationException")


def test_a_request_that_ends_too_early_gets_no_half_done_answer(server):
    put = dynamodb({"TableName": "resilientdynamo-Order", "Item": {"OrderId": {"S": "half"}}}, "PutItem")
    for cut in (1, 20, 60, len(put) - 1):
        reply = send(server, put[:cut], end=True)
        assert reply.is_closed and reply.status in (0, 400)
    key = {"TableName": "resilientdynamo-Order", "Key": {"OrderId": {"S": "half"}}}
    assert send(server, dynamodb(key, "GetItem")).json() == {}


def test_a_content_length_that_promises_a_terabyte_takes_no_memory(server):
    before = resident_bytes(server)
    with open_connection(server) as connection:
        connection.sendall(dynamodb("{}", content_length=10**12))
        time.sleep(0.2)
        assert resident_bytes(server) - before < 32 << 20


def test_chunked_bodies_are_read_and_bad_chunks_refused(server):
    chunked = {"content_length": None, "transfer_encoding": "chunked"}
    assert send(server, dynamodb(b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", **chunked)).status == 200
    assert send(server, dynamodb(b"ZZ\r\n{}\r\n0\r\n\r\n", **chunked)).status == 400
    assert send(server, dynamodb(b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n", **chunked)).status in (400, 413)
    assert send(server, dynamodb(b"5\r\n{}", **chunked), end=True).status in (0, 400)


def test_compressed_bodies_are_read_and_bombs_and_lies_refused(server):
    def zipped(data, encoding="gzip"):
        return send(server, dynamodb(data, content_encoding=encoding), timeout=30)

    assert zipped(gzip.compress(b'{"Limit":1}')).status == 200
    before = resident_bytes(server)
    assert zipped(gzip.compress(b'{"a":"' + b"x" * (100 << 20) + b'"}')).status == 413
    assert resident_bytes(server) - before < (300 << 20 if is_sanitized(server) else 64 << 20)
    for lie in (b"not gzip", b"", gzip.compress(b'{"Limit":1}')[:-9], b"\x1f\x8b" + b"\xff" * 100):
        reply = zipped(lie)
        assert reply.status in (400, 500) and reply.code in ("InternalServerError", "SerializationException")
    assert zipped(b"{}", "br").status in (400, 415, 500)


def test_requests_on_one_connection_are_answered_in_their_order(server):
    keep = {"connection": "keep-alive"}
    pipeline = dynamodb('{"Limit":1}', **keep) + dynamodb("{", **keep) + dynamodb('{"Limit":2}')
    reply = send(server, pipeline)
    assert [reply.data.count(text) for text in (b"HTTP/1.1 200 ", b"HTTP/1.1 400 ")] == [2, 1]
    assert reply.data.index(b"SerializationException") < reply.data.index(b"resilientdynamo-Order")


@pytest.mark.parametrize("garbage", [b"\x00\xff garbage\r\n\r\n", b"\r\n\r\n\r\nGET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                                     b"GET /\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 20000,
                                     b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", b"a" * 100000])
def test_garbage_behind_a_request_does_not_touch_its_answer(server, garbage):
    with open_connection(server, 3) as connection:
        connection.sendall(dynamodb('{"Limit":1}', connection="keep-alive") + garbage)
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        reply = receive(connection)
    assert reply.data.startswith(b"HTTP/1.1 200 ") and reply.is_closed


def test_random_bytes_and_a_tls_greeting_hurt_nobody(server):
    chance = random.Random(4566)
    for i in range(60):
        start = dynamodb("{}")[:chance.randrange(40)] if i % 2 else b""
        send(server, start + chance.randbytes(chance.randrange(1, 4000)), end=True)
    send(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 512, end=True)


def test_mutated_requests_always_end_in_an_answer_or_a_closed_connection(server):
    chance = random.Random(53)
    good = [dynamodb({"TableName": "resilientdynamo-Order", "Key": {"OrderId": {"S": "a"}}}, "GetItem"),
            dynamodb({"TableName": "resilientdynamo-Order", "KeyConditionExpression": "OrderId = :o",
                      "ExpressionAttributeValues": {":o": {"S": "a"}}}, "Query"),
            route53(ZONE % "<Name>mutated.example</Name><CallerReference>m</CallerReference>")]

    def mutated():
        data = bytearray(chance.choice(good))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(data))
            data[at:at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        return bytes(data)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        replies = pool.map(lambda data: send(server, data, end=True), [mutated() for _ in range(400)])
        assert all(reply.is_closed for reply in replies)
    for zone in server.client("route53").list_hosted_zones()["HostedZones"]:
        if "orders.example.com" not in zone["Name"]:
            server.client("route53").delete_hosted_zone(Id=zone["Id"])


def test_half_requests_block_nobody(server):
    slow = [open_connection(server) for _ in range(100)]
    try:
        for index, connection in enumerate(slow):
            connection.sendall(dynamodb("{}")[:1 + index * 3])
        began = time.monotonic()
        assert send(server, dynamodb("{}")).status == 200
        assert time.monotonic() - began < 2
        assert receive_one_by_one(slow[0], dynamodb("{}", connection="close")[1:]).status == 200
    finally:
        for connection in slow:
            connection.close()


def receive_one_by_one(connection, data):
    for i in range(len(data)):
        connection.sendall(data[i:i + 1])
    return receive(connection)


def test_more_connections_than_there_is_room_for_are_turned_away_and_room_comes_back(server):
    before = open_files(server)
    crowd = []
    try:
        for _ in range(600):
            crowd.append(open_connection(server))
        assert send(server, dynamodb("{}")).status == 200
    finally:
        for connection in crowd:
            connection.close()
    assert until(lambda: open_files(server) <= before + 5)


def test_clients_that_leave_before_their_answer_leak_nothing(server):
    before = open_files(server)
    for _ in range(200):
        with open_connection(server) as connection:
            connection.sendall(dynamodb({"TableName": "resilientdynamo-Order"}, "Scan"))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    assert until(lambda: open_files(server) <= before + 5)


def test_after_all_that_memory_has_not_exploded(server):
    for _ in range(20):
        send(server, dynamodb(b"[" * 1000000))
        send(server, dynamodb(json.dumps({"TableName": "a" * 1000000}), "DescribeTable"))
        send(server, route53(ZONE % ("<a>" * 200000)))
    limit = (900 if is_sanitized(server) else 120) << 20
    assert resident_bytes(server) < limit


def test_a_client_library_sees_the_error_by_its_own_name(server):
    client = server.client("dynamodb", EAST)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="nosuch", Key={"a": {"S": "b"}})
    with pytest.raises(botocore.exceptions.ClientError, match="ValidationException"):
        client.get_item(TableName="resilientdynamo-Order", Key={"wrong": {"S": "b"}})
    zones = server.client("route53")
    with pytest.raises(zones.exceptions.NoSuchHostedZone):
        zones.get_hosted_zone(Id="ZNOPE")
