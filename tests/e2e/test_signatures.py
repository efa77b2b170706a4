"""regionlab up --verify-signatures with real clients: who is let in, and what the others hear."""

import datetime
import hashlib
import hmac
import secrets
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest
from conftest import EAST, WEST, Server, shared

WORLD = """
world: guarded
regions: [{name: us-east-1}, {name: us-west-2}, {name: eu-west-1, services: false},
          {name: ap-northeast-1, services: false}, {name: ap-southeast-2, services: false}]
access_keys:
- {id: AKIAALICE, secret: alice/+=, account: "111122223333"}
- {id: AKIABOB, secret: bob}
arc: {clusters: [{name: c}]}
"""
ALICE, BOB, TEST = ("AKIAALICE", "alice/+="), ("AKIABOB", "bob"), ("test", "test")
MISMATCH = "The request signature we calculated does not match the signature you provided."
UNKNOWN = "The security token included in the request is invalid."

guarded_test = shared("--verify-signatures")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    directory = tmp_path_factory.mktemp("guarded")
    (directory / "world.yaml").write_text(WORLD)
    running = Server(directory, "--world", "world.yaml", "--verify-signatures")
    yield running
    running.stop()


def client(server, service, key=ALICE, region=EAST, endpoint=None, token=None):
    return boto3.client(
        service, region_name=region, endpoint_url=endpoint or server.endpoint, aws_access_key_id=key[0],
        aws_secret_access_key=key[1], aws_session_token=token,
        config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=10, connect_timeout=5))


def list_states(server, **options):
    return client(server, "route53-recovery-cluster", endpoint=server.facts["cluster.us-east-1"],
                  **options).list_routing_controls()


CALLS = {
    "dynamodb": lambda server, **options: client(server, "dynamodb", **options).list_tables(),
    "dynamodbstreams": lambda server, **options: client(server, "dynamodbstreams", **options).list_streams(),
    "route53": lambda server, **options: client(server, "route53", **options).list_hosted_zones(MaxItems="10"),
    "route53-recovery-control-config": lambda server, **options: client(
        server, "route53-recovery-control-config", **options).list_clusters(MaxResults=10),
    "route53-recovery-cluster": list_states,
}
JSON = {"wrong": "InvalidSignatureException", "unknown": "UnrecognizedClientException"}
REFUSALS = {
    "dynamodb": (400, JSON),
    "dynamodbstreams": (400, JSON),
    "route53": (403, {"wrong": "SignatureDoesNotMatch", "unknown": "InvalidClientTokenId"}),
    "route53-recovery-control-config": (403, JSON),
    "route53-recovery-cluster": (400, JSON),
}


def refused(call, server, **options):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(server, **options)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


@pytest.mark.parametrize("service", CALLS)
def test_every_service_takes_the_right_secret_and_refuses_others(guarded, service):
    call = CALLS[service]
    status, codes = REFUSALS[service]
    for key in (ALICE, BOB, TEST):
        assert call(guarded, key=key)["ResponseMetadata"]["HTTPStatusCode"] == 200
    wrong = refused(call, guarded, key=("AKIAALICE", "bob"))
    assert wrong[:2] == (status, codes["wrong"])
    assert wrong[2].startswith(MISMATCH)
    assert "The Canonical String for this request should have been" in wrong[2]
    assert refused(call, guarded, key=("AKIAMALLORY", "bob")) == (status, codes["unknown"], UNKNOWN)
    assert refused(call, guarded, token="abc") == (status, codes["unknown"], UNKNOWN.rstrip("."))


def test_a_key_belongs_to_its_account(guarded):
    keys = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    made = client(guarded, "dynamodb").create_table(TableName="alices", **keys)["TableDescription"]
    assert made["TableArn"] == "arn:aws:dynamodb:us-east-1:111122223333:table/alices"
    made = client(guarded, "dynamodb", BOB).create_table(TableName="bobs", **keys)["TableDescription"]
    assert made["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/bobs"


def test_paths_with_arns_are_signed_as_sent(guarded):
    config = client(guarded, "route53-recovery-control-config", region=WEST)
    arn = config.list_clusters()["Clusters"][0]["ClusterArn"]
    assert config.describe_cluster(ClusterArn=arn)["Cluster"]["ClusterArn"] == arn
    config.tag_resource(ResourceArn=arn, Tags={"a b/c": "d+e=ü"})
    assert config.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a b/c": "d+e=ü"}
    config.untag_resource(ResourceArn=arn, TagKeys=["a b/c"])
    assert config.list_tags_for_resource(ResourceArn=arn)["Tags"] == {}


def test_a_region_and_a_cluster_endpoint_refuse_what_is_signed_for_another(guarded):
    endpoint = guarded.facts[f"region.{WEST}"]
    assert client(guarded, "dynamodb", region=WEST, endpoint=endpoint).list_tables()
    for call, at in ((CALLS["dynamodb"], endpoint), (list_states, None)):
        options = {"endpoint": at} if at else {}
        region = EAST if at else "eu-west-1"
        status, code, message = refused(call, guarded, region=region, **options)
        assert (status, code) == (400, "InvalidSignatureException")
        assert message == f"Credential should be scoped to a valid region, not '{region}'. "


def test_the_aws_cli_is_let_in_with_test_and_test_only(guarded_test):
    assert "TableNames" in guarded_test.aws("dynamodb", "list-tables")
    assert "HostedZones" in guarded_test.aws("route53", "list-hosted-zones")
    environment = guarded_test.environment
    guarded_test.environment = lambda region: {**environment(region), "AWS_SECRET_ACCESS_KEY": "tset"}
    try:
        error = guarded_test.aws("dynamodb", "list-tables", fails=True)
        assert "(InvalidSignatureException) when calling the ListTables operation: " + MISMATCH in error
        error = guarded_test.aws("route53", "list-hosted-zones", fails=True)
        assert "(SignatureDoesNotMatch) when calling the ListHostedZones operation: " + MISMATCH in error
    finally:
        guarded_test.environment = environment


def test_without_the_option_any_key_works(start):
    server = start()
    assert client(server, "dynamodb", ("anybody", "anything")).list_tables()["TableNames"]


def send(request):
    prepared = request.prepare()
    wire = urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers.items()), method=prepared.method)
    try:
        with urllib.request.urlopen(wire, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def list_tables_request(server):
    return botocore.awsrequest.AWSRequest(
        "POST", server.endpoint + "/", data=b"{}",
        headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"})


def zones_request(server):
    return botocore.awsrequest.AWSRequest("GET", server.endpoint + "/2013-04-01/hostedzone?maxitems=10")


class QueryAuth(botocore.auth.SigV4QueryAuth):
    """botocore moves a body into the query; a JSON service wants it to stay."""

    def add_auth(self, request):
        body, request.data = request.data, None
        self.hash = hashlib.sha256(body or b"").hexdigest()
        super().add_auth(request)
        request.data = body

    def payload(self, request):
        return self.hash


def presign(request, service="dynamodb"):
    QueryAuth(botocore.credentials.Credentials(*ALICE), service, EAST, expires=60).add_auth(request)
    return request


def test_presigned_urls_are_let_in_until_they_are_changed(guarded):
    assert send(presign(list_tables_request(guarded)))[0] == 200
    assert send(presign(zones_request(guarded), "route53"))[0] == 200
    changed = presign(zones_request(guarded), "route53")
    changed.url = changed.url.replace("maxitems=10", "maxitems=11")
    status, body = send(changed)
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body
    assert "maxitems=11" in body, "what should have been signed is shown"


def sign_at(request, offset_s, query=False):
    """Signs by a clock that is off by so many seconds."""
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_s)
    credentials = botocore.credentials.Credentials(*ALICE)
    signer = (QueryAuth(credentials, "dynamodb", EAST, expires=60) if query
              else botocore.auth.SigV4Auth(credentials, "dynamodb", EAST))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: when)
        signer.add_auth(request)
    return request, when.strftime("%Y%m%dT%H%M%SZ")


@pytest.mark.parametrize("query", [False, True])
@pytest.mark.parametrize("offset_s, says", [
    (-16 * 60, "Signature expired: {date} is now earlier than "),
    (16 * 60, "Signature not yet current: {date} is still later than "),
    (0, None),
    (14 * 60, None),
])
def test_a_clock_may_be_off_by_a_quarter_of_an_hour(guarded, query, offset_s, says):
    request, date = sign_at(list_tables_request(guarded), offset_s, query)
    status, body = send(request)
    if says is None:
        assert status == 200, body
    else:
        assert status == 400 and "#InvalidSignatureException" in body and says.format(date=date) in body


def test_a_virtual_clock_does_not_look_at_dates(start):
    server = start("--clock", "virtual", "--verify-signatures")
    assert client(server, "dynamodb", TEST).list_tables()["TableNames"], "signed months after the clock's January"
    server.advance("20m")
    assert client(server, "dynamodb", TEST).list_tables()["TableNames"]
    assert refused(CALLS["dynamodb"], server, key=("test", "x"))[1] == "InvalidSignatureException"


# SigV4a in plain Python: ECDSA on P-256 with the key derived from the secret, as its description says.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def multiply(k, point=G):
    total = None
    while k:
        if k & 1:
            total = add(total, point)
        point = add(point, point)
        k >>= 1
    return total


def private_key(key_id, secret):
    for counter in range(1, 255):
        text = b"\0\0\0\1AWS4-ECDSA-P256-SHA256\0" + key_id.encode() + bytes([counter]) + b"\0\0\1\0"
        candidate = int.from_bytes(hmac.digest(b"AWS4A" + secret.encode(), text, "sha256"))
        if candidate <= N - 2:
            return candidate + 1
    raise AssertionError("no key")


def der(number):
    octets = number.to_bytes(33).lstrip(b"\0") or b"\0"
    if octets[0] & 0x80:
        octets = b"\0" + octets
    return b"\x02" + bytes([len(octets)]) + octets


def sign_4a(server, regions, key=ALICE, service="dynamodb"):
    request = list_tables_request(server)
    request.headers["X-Amz-Date"] = date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Region-Set"] = regions
    host = urllib.parse.urlsplit(server.endpoint).netloc
    canonical = "\n".join(["POST", "/", "", f"host:{host}", f"x-amz-date:{date}", f"x-amz-region-set:{regions}", "",
                           "host;x-amz-date;x-amz-region-set", hashlib.sha256(b"{}").hexdigest()])
    scope = f"{date[:8]}/{service}/aws4_request"
    text = "\n".join(["AWS4-ECDSA-P256-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    nonce = secrets.randbelow(N - 1) + 1
    r = multiply(nonce)[0] % N
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest())
    s = pow(nonce, -1, N) * (digest + r * private_key(*key)) % N
    body = der(r) + der(s)
    signature = (b"\x30" + bytes([len(body)]) + body).hex()
    request.headers["Authorization"] = (
        f"AWS4-ECDSA-P256-SHA256 Credential={key[0]}/{scope}, SignedHeaders=host;x-amz-date;x-amz-region-set, "
        f"Signature={signature}")
    return request


def test_one_signature_for_all_regions_is_let_in_where_its_set_reaches(guarded):
    assert multiply(private_key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))[0] == (
        0xB6618F6A65740A99E650B33B6B4B5BD0D43B176D721A3EDFEA7E7D2D56D936B1), "the signer itself is right"
    for regions in ("*", "us-east-1", "us-*", "eu-west-1,us-east-*"):
        status, body = send(sign_4a(guarded, regions))
        assert status == 200, body
    status, body = send(sign_4a(guarded, "eu-*"))
    assert status == 400 and "not part of this world" not in body
    assert "Credential should be scoped to a valid region, not 'eu-*'. " in body
    status, body = send(sign_4a(guarded, "*", (ALICE[0], BOB[1])))
    assert status == 400 and MISMATCH in body
