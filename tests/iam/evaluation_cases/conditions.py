"""Condition blocks, one row each: the block, the keys of the request, and whether the block holds.

IAM user guide, "Condition operators", "Creating a condition with multiple keys or values" and "Policy grammar".
"""

STRINGS = {
    "StringEquals holds for the same text": ({"StringEquals": {"app:k": "red"}}, {"app:k": "red"}, True),
    "StringEquals heeds case": ({"StringEquals": {"app:k": "red"}}, {"app:k": "Red"}, False),
    "StringEquals takes no part of a text": ({"StringEquals": {"app:k": "red"}}, {"app:k": "reddish"}, False),
    "StringEquals takes a star for a star": ({"StringEquals": {"app:k": "r*"}}, {"app:k": "red"}, False),
    "StringEquals finds the star itself": ({"StringEquals": {"app:k": "r*"}}, {"app:k": "r*"}, True),
    "StringEquals takes a question mark for itself": ({"StringEquals": {"app:k": "re?"}}, {"app:k": "red"}, False),
    "StringEquals is content with one of its values": ({"StringEquals": {"app:k": ["a", "b"]}}, {"app:k": "b"}, True),
    "StringEquals fails when none of its values fits": ({"StringEquals": {"app:k": ["a", "b"]}}, {"app:k": "c"}, False),
    "StringEquals fails without the key": ({"StringEquals": {"app:k": "red"}}, {}, False),
    "StringEquals compares with the empty text": ({"StringEquals": {"app:k": ""}}, {"app:k": ""}, True),
    "StringNotEquals fails for the same text": ({"StringNotEquals": {"app:k": "red"}}, {"app:k": "red"}, False),
    "StringNotEquals holds for another text": ({"StringNotEquals": {"app:k": "red"}}, {"app:k": "blue"}, True),
    "StringNotEquals heeds case": ({"StringNotEquals": {"app:k": "red"}}, {"app:k": "RED"}, True),
    "StringNotEquals holds without the key": ({"StringNotEquals": {"app:k": "red"}}, {}, True),
    "StringNotEquals excludes each of its values": ({"StringNotEquals": {"app:k": ["a", "b"]}}, {"app:k": "b"}, False),
    "StringNotEquals holds outside its values": ({"StringNotEquals": {"app:k": ["a", "b"]}}, {"app:k": "c"}, True),
    "StringEqualsIgnoreCase ignores case": ({"StringEqualsIgnoreCase": {"app:k": "ReD"}}, {"app:k": "rEd"}, True),
    "StringEqualsIgnoreCase takes no other text": (
        {"StringEqualsIgnoreCase": {"app:k": "red"}},
        {"app:k": "blue"},
        False,
    ),
    "StringEqualsIgnoreCase fails without the key": ({"StringEqualsIgnoreCase": {"app:k": "red"}}, {}, False),
    "StringNotEqualsIgnoreCase fails for other case": (
        {"StringNotEqualsIgnoreCase": {"app:k": "red"}},
        {"app:k": "RED"},
        False,
    ),
    "StringNotEqualsIgnoreCase holds for another text": (
        {"StringNotEqualsIgnoreCase": {"app:k": "red"}},
        {"app:k": "blue"},
        True,
    ),
    "StringNotEqualsIgnoreCase holds without the key": ({"StringNotEqualsIgnoreCase": {"app:k": "red"}}, {}, True),
    "StringLike takes a star for any text": ({"StringLike": {"app:k": "r*d"}}, {"app:k": "round"}, True),
    "StringLike takes a star for no text": ({"StringLike": {"app:k": "r*d"}}, {"app:k": "rd"}, True),
    "StringLike takes a star over slashes and colons": ({"StringLike": {"app:k": "a*z"}}, {"app:k": "a/b:c/z"}, True),
    "StringLike takes several stars": ({"StringLike": {"app:k": "*a*b*"}}, {"app:k": "xxaxxbxx"}, True),
    "StringLike keeps the order of its parts": ({"StringLike": {"app:k": "*a*b*"}}, {"app:k": "ba"}, False),
    "StringLike takes a question mark for one character": ({"StringLike": {"app:k": "r?d"}}, {"app:k": "red"}, True),
    "StringLike takes no question mark for none": ({"StringLike": {"app:k": "r?d"}}, {"app:k": "rd"}, False),
    "StringLike takes no question mark for two": ({"StringLike": {"app:k": "r?d"}}, {"app:k": "road"}, False),
    "StringLike heeds case": ({"StringLike": {"app:k": "R*"}}, {"app:k": "red"}, False),
    "StringLike without wildcards is the whole text": ({"StringLike": {"app:k": "re"}}, {"app:k": "red"}, False),
    "StringLike is no regular expression": ({"StringLike": {"app:k": "r.d"}}, {"app:k": "red"}, False),
    "StringLike has no character classes": ({"StringLike": {"app:k": "r[e]d"}}, {"app:k": "red"}, False),
    "StringLike is content with one of its values": ({"StringLike": {"app:k": ["b*", "r*"]}}, {"app:k": "red"}, True),
    "StringLike with a star needs the key": ({"StringLike": {"app:k": "*"}}, {}, False),
    "StringNotLike fails for what matches": ({"StringNotLike": {"app:k": "r*"}}, {"app:k": "red"}, False),
    "StringNotLike holds for what does not match": ({"StringNotLike": {"app:k": "r*"}}, {"app:k": "blue"}, True),
    "StringNotLike excludes each of its values": ({"StringNotLike": {"app:k": ["b*", "r*"]}}, {"app:k": "red"}, False),
    "StringNotLike holds without the key": ({"StringNotLike": {"app:k": "r*"}}, {}, True),
}

NUMBERS = {
    "NumericEquals compares values, not digits": ({"NumericEquals": {"app:k": "10"}}, {"app:k": "10.0"}, True),
    "NumericEquals fails for another number": ({"NumericEquals": {"app:k": "10"}}, {"app:k": "11"}, False),
    "NumericEquals takes a number without quotes": ({"NumericEquals": {"app:k": 10}}, {"app:k": "10"}, True),
    "NumericEquals is content with one of its values": ({"NumericEquals": {"app:k": ["1", "2"]}}, {"app:k": "2"}, True),
    "NumericEquals fails without the key": ({"NumericEquals": {"app:k": "10"}}, {}, False),
    "NumericNotEquals fails for the same number": ({"NumericNotEquals": {"app:k": "10"}}, {"app:k": "10.00"}, False),
    "NumericNotEquals holds for another number": ({"NumericNotEquals": {"app:k": "10"}}, {"app:k": "9"}, True),
    "NumericNotEquals excludes each of its values": (
        {"NumericNotEquals": {"app:k": ["1", "2"]}},
        {"app:k": "2"},
        False,
    ),
    "NumericNotEquals holds without the key": ({"NumericNotEquals": {"app:k": "10"}}, {}, True),
    "NumericLessThan compares as numbers": ({"NumericLessThan": {"app:k": "10"}}, {"app:k": "9"}, True),
    "NumericLessThan fails at the limit": ({"NumericLessThan": {"app:k": "10"}}, {"app:k": "10"}, False),
    "NumericLessThan knows decimals": ({"NumericLessThan": {"app:k": "0.5"}}, {"app:k": "0.25"}, True),
    "NumericLessThan knows signs": ({"NumericLessThan": {"app:k": "-1"}}, {"app:k": "-2"}, True),
    "NumericLessThanEquals holds at the limit": ({"NumericLessThanEquals": {"app:k": "10"}}, {"app:k": "10"}, True),
    "NumericLessThanEquals fails above the limit": ({"NumericLessThanEquals": {"app:k": "10"}}, {"app:k": "11"}, False),
    "NumericGreaterThan holds above the limit": ({"NumericGreaterThan": {"app:k": "9"}}, {"app:k": "10"}, True),
    "NumericGreaterThan fails at the limit": ({"NumericGreaterThan": {"app:k": "9"}}, {"app:k": "9"}, False),
    "NumericGreaterThanEquals holds at the limit": ({"NumericGreaterThanEquals": {"app:k": "9"}}, {"app:k": "9"}, True),
    "NumericGreaterThanEquals fails below the limit": (
        {"NumericGreaterThanEquals": {"app:k": "9"}},
        {"app:k": "8"},
        False,
    ),
    "NumericGreaterThanEquals fails without the key": ({"NumericGreaterThanEquals": {"app:k": "9"}}, {}, False),
    "a range is two operators": (
        {"NumericGreaterThan": {"app:k": "1"}, "NumericLessThan": {"app:k": "3"}},
        {"app:k": "2"},
        True,
    ),
}

NOON, LATER = "2020-09-01T12:00:00Z", "2020-09-01T12:00:01Z"
DATES = {
    "DateEquals holds for the same instant": ({"DateEquals": {"app:t": NOON}}, {"app:t": NOON}, True),
    "DateEquals knows time zones": ({"DateEquals": {"app:t": "2020-09-01T14:00:00+02:00"}}, {"app:t": NOON}, True),
    "DateEquals knows seconds since 1970": ({"DateEquals": {"app:t": "1598961600"}}, {"app:t": NOON}, True),
    "DateEquals takes seconds since 1970 in the request": (
        {"DateEquals": {"app:t": NOON}},
        {"app:t": "1598961600"},
        True,
    ),
    "DateEquals takes a day for its midnight": (
        {"DateEquals": {"app:t": "2020-09-01"}},
        {"app:t": "2020-09-01T00:00:00Z"},
        True,
    ),
    "DateEquals fails a second later": ({"DateEquals": {"app:t": NOON}}, {"app:t": LATER}, False),
    "DateNotEquals fails for the same instant": ({"DateNotEquals": {"app:t": NOON}}, {"app:t": NOON}, False),
    "DateNotEquals holds for another instant": ({"DateNotEquals": {"app:t": NOON}}, {"app:t": LATER}, True),
    "DateNotEquals holds without the key": ({"DateNotEquals": {"app:t": NOON}}, {}, True),
    "DateLessThan holds before": ({"DateLessThan": {"app:t": LATER}}, {"app:t": NOON}, True),
    "DateLessThan fails at the time": ({"DateLessThan": {"app:t": NOON}}, {"app:t": NOON}, False),
    "DateLessThanEquals holds at the time": ({"DateLessThanEquals": {"app:t": NOON}}, {"app:t": NOON}, True),
    "DateLessThanEquals fails after": ({"DateLessThanEquals": {"app:t": NOON}}, {"app:t": LATER}, False),
    "DateGreaterThan holds after": ({"DateGreaterThan": {"app:t": NOON}}, {"app:t": LATER}, True),
    "DateGreaterThan fails at the time": ({"DateGreaterThan": {"app:t": NOON}}, {"app:t": NOON}, False),
    "DateLessThan takes a year": ({"DateLessThan": {"app:t": "2021"}}, {"app:t": NOON}, True),
    "DateGreaterThan takes a month": ({"DateGreaterThan": {"app:t": "2020-10"}}, {"app:t": NOON}, False),
    "DateGreaterThan heeds parts of a second": (
        {"DateGreaterThan": {"app:t": "2020-09-01T12:00:00.25Z"}},
        {"app:t": "2020-09-01T12:00:00.5Z"},
        True,
    ),
    "DateGreaterThanEquals holds at the time": ({"DateGreaterThanEquals": {"app:t": NOON}}, {"app:t": NOON}, True),
    "DateGreaterThanEquals fails before": ({"DateGreaterThanEquals": {"app:t": LATER}}, {"app:t": NOON}, False),
    "DateGreaterThan fails without the key": ({"DateGreaterThan": {"app:t": NOON}}, {}, False),
    "DateLessThan fails without the key": ({"DateLessThan": {"app:t": NOON}}, {}, False),
    "aws:EpochTime is compared as a number too": (
        {"NumericGreaterThan": {"aws:EpochTime": "1598961599"}},
        {"aws:EpochTime": "1598961600"},
        True,
    ),
}

BOOLEANS_AND_BYTES = {
    "Bool true holds for true": ({"Bool": {"app:b": "true"}}, {"app:b": "true"}, True),
    "Bool true fails for false": ({"Bool": {"app:b": "true"}}, {"app:b": "false"}, False),
    "Bool false holds for false": ({"Bool": {"app:b": "false"}}, {"app:b": "false"}, True),
    "Bool takes a boolean without quotes": ({"Bool": {"app:b": True}}, {"app:b": "true"}, True),
    "Bool false fails without the key": ({"Bool": {"app:b": "false"}}, {}, False),
    "Bool true fails without the key": ({"Bool": {"app:b": "true"}}, {}, False),
    "BinaryEquals holds for the same bytes": (
        {"BinaryEquals": {"app:d": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="}},
        {"app:d": "QmluYXJ5VmFsdWVJbkJhc2U2NA=="},
        True,
    ),
    "BinaryEquals fails for other bytes": ({"BinaryEquals": {"app:d": "QQ=="}}, {"app:d": "Qg=="}, False),
    "BinaryEquals heeds case": ({"BinaryEquals": {"app:d": "QQ=="}}, {"app:d": "qq=="}, False),
    "BinaryEquals fails without the key": ({"BinaryEquals": {"app:d": "QQ=="}}, {}, False),
}

ADDRESSES = {
    "IpAddress holds within a range": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"aws:SourceIp": "203.0.113.255"},
        True,
    ),
    "IpAddress fails beside a range": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"aws:SourceIp": "203.0.114.0"},
        False,
    ),
    "IpAddress without a length is one address": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.7"}},
        {"aws:SourceIp": "203.0.113.7"},
        True,
    ),
    "IpAddress without a length is not the next address": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.7"}},
        {"aws:SourceIp": "203.0.113.8"},
        False,
    ),
    "IpAddress takes every address for 0.0.0.0/0": (
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"aws:SourceIp": "198.51.100.1"},
        True,
    ),
    "IpAddress heeds lengths that are no multiple of eight": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/28"}},
        {"aws:SourceIp": "203.0.113.16"},
        False,
    ),
    "IpAddress holds within a range of IPv6": (
        {"IpAddress": {"aws:SourceIp": "2001:DB8:1234:5678::/64"}},
        {"aws:SourceIp": "2001:db8:1234:5678:9::1"},
        True,
    ),
    "IpAddress fails beside a range of IPv6": (
        {"IpAddress": {"aws:SourceIp": "2001:DB8:1234:5678::/64"}},
        {"aws:SourceIp": "2001:db8:1234:5679::1"},
        False,
    ),
    "IpAddress knows one address of IPv6 in two spellings": (
        {"IpAddress": {"aws:SourceIp": "2001:db8::1"}},
        {"aws:SourceIp": "2001:0db8:0:0:0:0:0:1"},
        True,
    ),
    "IpAddress keeps the two families apart": (
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"aws:SourceIp": "2001:db8::1"},
        False,
    ),
    "IpAddress mixes the families in one list": (
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:DB8:1234:5678::/64"]}},
        {"aws:SourceIp": "2001:db8:1234:5678::9"},
        True,
    ),
    "IpAddress fails without the key": ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, {}, False),
    "NotIpAddress fails within the range": (
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"aws:SourceIp": "203.0.113.9"},
        False,
    ),
    "NotIpAddress holds outside the range": (
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"aws:SourceIp": "192.0.2.9"},
        True,
    ),
    "NotIpAddress excludes each of its ranges": (
        {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}},
        {"aws:SourceIp": "203.0.113.9"},
        False,
    ),
    "NotIpAddress holds without the key": ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {}, True),
}

JOB = "arn:aws:sagemaker:us-east-2:111122223333:training-job/one"
ARNS = {
    "ArnEquals holds for the same ARN": ({"ArnEquals": {"aws:SourceArn": JOB}}, {"aws:SourceArn": JOB}, True),
    "ArnEquals takes wildcards": (
        {"ArnEquals": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:training-job/*"}},
        {"aws:SourceArn": JOB},
        True,
    ),
    "ArnLike takes wildcards": (
        {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:us-*:111122223333:training-job/o?e"}},
        {"aws:SourceArn": JOB},
        True,
    ),
    "ArnLike heeds case": (
        {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:Training-job/*"}},
        {"aws:SourceArn": JOB},
        False,
    ),
    "ArnLike compares part by part": (
        {"ArnLike": {"aws:SourceArn": "arn:aws:someservice:*:111122223333:finance/*"}},
        {"aws:SourceArn": "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"},
        False,
    ),
    "StringLike reaches over the parts": (
        {"StringLike": {"aws:SourceArn": "arn:aws:someservice:*:111122223333:finance/*"}},
        {"aws:SourceArn": "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"},
        True,
    ),
    "ArnLike's last part goes over colons": (
        {"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:111122223333:log-group:*"}},
        {"aws:SourceArn": "arn:aws:logs:us-east-2:111122223333:log-group:a:log-stream:b"},
        True,
    ),
    "ArnLike is content with one of its values": (
        {"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::*", "arn:aws:sagemaker:*:*:*"]}},
        {"aws:SourceArn": JOB},
        True,
    ),
    "ArnEquals fails for another account": (
        {"ArnEquals": {"aws:SourceArn": "arn:aws:sagemaker:*:999999999999:*"}},
        {"aws:SourceArn": JOB},
        False,
    ),
    "ArnLike fails without the key": ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, {}, False),
    "ArnNotEquals fails for the same ARN": ({"ArnNotEquals": {"aws:SourceArn": JOB}}, {"aws:SourceArn": JOB}, False),
    "ArnNotEquals takes wildcards": (
        {"ArnNotEquals": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}},
        {"aws:SourceArn": JOB},
        False,
    ),
    "ArnNotLike holds for another ARN": (
        {"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
        {"aws:SourceArn": JOB},
        True,
    ),
    "ArnNotLike holds without the key": ({"ArnNotLike": {"aws:SourceArn": JOB}}, {}, True),
    "ArnNotEquals holds without the key": ({"ArnNotEquals": {"aws:SourceArn": JOB}}, {}, True),
}

PRESENCE = {
    "Null true holds without the key": ({"Null": {"app:k": "true"}}, {}, True),
    "Null true fails with the key": ({"Null": {"app:k": "true"}}, {"app:k": "a"}, False),
    "Null false holds with the key": ({"Null": {"app:k": "false"}}, {"app:k": "a"}, True),
    "Null false fails without the key": ({"Null": {"app:k": "false"}}, {}, False),
    "Null takes a boolean without quotes": ({"Null": {"app:k": True}}, {}, True),
    "Null false holds for a key of several values": ({"Null": {"app:k": "false"}}, {"app:k": ["a", "b"]}, True),
    "StringEqualsIfExists lets an absent key pass": ({"StringEqualsIfExists": {"app:k": "a"}}, {}, True),
    "StringEqualsIfExists compares a key that is there": (
        {"StringEqualsIfExists": {"app:k": "a"}},
        {"app:k": "b"},
        False,
    ),
    "StringNotEqualsIfExists holds without the key": ({"StringNotEqualsIfExists": {"app:k": "a"}}, {}, True),
    "StringNotEqualsIfExists fails for the same text": (
        {"StringNotEqualsIfExists": {"app:k": "a"}},
        {"app:k": "a"},
        False,
    ),
    "StringEqualsIgnoreCaseIfExists lets an absent key pass": (
        {"StringEqualsIgnoreCaseIfExists": {"app:k": "a"}},
        {},
        True,
    ),
    "StringLikeIfExists lets an absent key pass": ({"StringLikeIfExists": {"app:k": "t1.*"}}, {}, True),
    "StringLikeIfExists compares a key that is there": (
        {"StringLikeIfExists": {"app:k": ["t1.*", "t2.*"]}},
        {"app:k": "m3.large"},
        False,
    ),
    "NumericLessThanIfExists lets an absent key pass": ({"NumericLessThanIfExists": {"app:k": "1"}}, {}, True),
    "NumericLessThanIfExists compares a key that is there": (
        {"NumericLessThanIfExists": {"app:k": "1"}},
        {"app:k": "2"},
        False,
    ),
    "DateLessThanIfExists lets an absent key pass": ({"DateLessThanIfExists": {"app:t": NOON}}, {}, True),
    "DateGreaterThanIfExists compares a key that is there": (
        {"DateGreaterThanIfExists": {"app:t": LATER}},
        {"app:t": NOON},
        False,
    ),
    "BoolIfExists lets an absent key pass": ({"BoolIfExists": {"app:b": "true"}}, {}, True),
    "BoolIfExists compares a key that is there": ({"BoolIfExists": {"app:b": "true"}}, {"app:b": "false"}, False),
    "BinaryEqualsIfExists lets an absent key pass": ({"BinaryEqualsIfExists": {"app:d": "QQ=="}}, {}, True),
    "IpAddressIfExists lets an absent key pass": ({"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}}, {}, True),
    "IpAddressIfExists compares a key that is there": (
        {"IpAddressIfExists": {"aws:SourceIp": "192.0.2.0/24"}},
        {"aws:SourceIp": "203.0.113.1"},
        False,
    ),
    "ArnEqualsIfExists lets an absent key pass": ({"ArnEqualsIfExists": {"aws:SourceArn": JOB}}, {}, True),
    "ArnLikeIfExists compares a key that is there": (
        {"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:s3:::*"}},
        {"aws:SourceArn": JOB},
        False,
    ),
    "another condition still counts beside IfExists": (
        {"StringEqualsIfExists": {"app:k": "a"}, "Bool": {"app:b": "true"}},
        {"app:b": "false"},
        False,
    ),
}

SEVERAL_VALUES = {
    "ForAllValues holds for a subset": (
        {"ForAllValues:StringEquals": {"app:k": ["ID", "Message", "Tags"]}},
        {"app:k": ["Message", "Tags"]},
        True,
    ),
    "ForAllValues fails for one value outside": (
        {"ForAllValues:StringEquals": {"app:k": ["PostDateTime", "Message", "Tags"]}},
        {"app:k": ["PostDateTime", "UserName"]},
        False,
    ),
    "ForAllValues holds without the key": ({"ForAllValues:StringEquals": {"app:k": ["a"]}}, {}, True),
    "ForAllValues asks the only value": ({"ForAllValues:StringEquals": {"app:k": ["a"]}}, {"app:k": ["b"]}, False),
    "ForAnyValue holds for one shared value": (
        {"ForAnyValue:StringEquals": {"app:k": ["ID", "PostDateTime"]}},
        {"app:k": ["UserName", "Message", "PostDateTime"]},
        True,
    ),
    "ForAnyValue fails without a shared value": (
        {"ForAnyValue:StringEquals": {"app:k": ["ID", "PostDateTime"]}},
        {"app:k": ["UserName"]},
        False,
    ),
    "ForAnyValue fails without the key": ({"ForAnyValue:StringEquals": {"app:k": ["a"]}}, {}, False),
    "ForAllValues:StringLike takes wildcards": (
        {"ForAllValues:StringLike": {"app:k": ["ml.c5.*", "ml.m5.*"]}},
        {"app:k": ["ml.c5.large", "ml.m5.xlarge"]},
        True,
    ),
    "ForAllValues:StringLike fails for one value outside": (
        {"ForAllValues:StringLike": {"app:k": ["ml.c5.*"]}},
        {"app:k": ["ml.c5.large", "ml.p3.2xlarge"]},
        False,
    ),
    "ForAnyValue:StringLike takes wildcards": (
        {"ForAnyValue:StringLike": {"app:k": ["o-a/r-1/*"]}},
        {"app:k": ["o-b/r-1/", "o-a/r-1/ou-2/"]},
        True,
    ),
    "ForAllValues:StringNotEquals holds when no value is named": (
        {"ForAllValues:StringNotEquals": {"app:k": ["a", "b"]}},
        {"app:k": ["c", "d"]},
        True,
    ),
    "ForAllValues:StringNotEquals fails when one value is named": (
        {"ForAllValues:StringNotEquals": {"app:k": ["a", "b"]}},
        {"app:k": ["c", "a"]},
        False,
    ),
    "ForAnyValue:StringNotEquals holds when one value is not named": (
        {"ForAnyValue:StringNotEquals": {"app:k": ["a", "b"]}},
        {"app:k": ["a", "c"]},
        True,
    ),
    "ForAnyValue:StringNotEquals fails when all values are named": (
        {"ForAnyValue:StringNotEquals": {"app:k": ["a", "b"]}},
        {"app:k": ["a", "b"]},
        False,
    ),
    "ForAnyValue:StringNotEquals fails without the key": ({"ForAnyValue:StringNotEquals": {"app:k": ["a"]}}, {}, False),
    "ForAllValues:ArnLike asks each ARN": (
        {"ForAllValues:ArnLike": {"app:k": ["arn:aws:s3:::a*"]}},
        {"app:k": ["arn:aws:s3:::ab", "arn:aws:s3:::b"]},
        False,
    ),
    "ForAnyValue:ArnEquals asks for one ARN": (
        {"ForAnyValue:ArnEquals": {"app:k": ["arn:aws:s3:::a"]}},
        {"app:k": ["arn:aws:s3:::a", "arn:aws:s3:::b"]},
        True,
    ),
    "ForAllValues:NumericLessThan asks each number": (
        {"ForAllValues:NumericLessThan": {"app:k": "10"}},
        {"app:k": ["1", "10"]},
        False,
    ),
    "ForAnyValue:StringEqualsIfExists lets an absent key pass": (
        {"ForAnyValue:StringEqualsIfExists": {"app:k": ["a"]}},
        {},
        True,
    ),
    "ForAllValues with Null demands the key": (
        {"ForAllValues:StringEquals": {"app:k": ["a"]}, "Null": {"app:k": "false"}},
        {},
        False,
    ),
}

SEVERAL_CONDITIONS = {
    "two operators have to hold together": (
        {"StringEquals": {"app:k": "a"}, "Bool": {"app:b": "true"}},
        {"app:k": "a", "app:b": "true"},
        True,
    ),
    "one of two operators is not enough": (
        {"StringEquals": {"app:k": "a"}, "Bool": {"app:b": "true"}},
        {"app:k": "a", "app:b": "false"},
        False,
    ),
    "two keys of an operator have to hold together": (
        {"StringEquals": {"app:k": "a", "app:l": "b"}},
        {"app:k": "a", "app:l": "b"},
        True,
    ),
    "one of two keys of an operator is not enough": (
        {"StringEquals": {"app:k": "a", "app:l": "b"}},
        {"app:k": "a"},
        False,
    ),
    "departments, roles and account as in the guide's figure": (
        {
            "StringEqualsIgnoreCase": {
                "aws:PrincipalTag/department": ["finance", "hr", "legal"],
                "aws:PrincipalTag/role": ["audit", "security"],
            },
            "StringEquals": {"aws:PrincipalAccount": "123456789012"},
        },
        {
            "aws:PrincipalTag/department": "HR",
            "aws:PrincipalTag/role": "Security",
            "aws:PrincipalAccount": "123456789012",
        },
        True,
    ),
    "names of keys ignore case": (
        {"StringEquals": {"AWS:principaltag/Team": "a"}},
        {"aws:PrincipalTag/team": "a"},
        True,
    ),
    "an empty block always holds": ({}, {}, True),
}

CONDITIONS = {
    **STRINGS,
    **NUMBERS,
    **DATES,
    **BOOLEANS_AND_BYTES,
    **ADDRESSES,
    **ARNS,
    **PRESENCE,
    **SEVERAL_VALUES,
    **SEVERAL_CONDITIONS,
}
