// Error codes of SelectObjectContent. S3 API reference, "Error responses", list of SELECT Object Content error codes.
import { ApiError } from "../../../core/errors.ts";

const refused = (code: string) => (message: string) => new ApiError(code, 400, message);
const fixed = (code: string, message: string) => () => new ApiError(code, 400, message);

export const selectErrors = {
  ambiguousFieldName: fixed(
    "AmbiguousFieldName",
    "Field name matches to multiple fields in the file. Check the SQL expression and the file, and try again.",
  ),
  castFailed: refused("CastFailed"),
  csvParsing: refused("CSVParsingError"),
  csvQuotedDelimiter: fixed(
    "CSVEscapingRecordDelimiter",
    "A quoted record delimiter was found in the file. To allow quoted record delimiters, set AllowQuotedRecordDelimiter to 'TRUE'.",
  ),
  expressionTooLong: fixed(
    "ExpressionTooLong",
    "The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.",
  ),
  incorrectArgument: refused("IncorrectSqlFunctionArgumentType"),
  invalidCompression: fixed(
    "InvalidCompressionFormat",
    "The file is not in a supported compression format. Only GZIP and BZIP2 are supported.",
  ),
  invalidDataSource: fixed("InvalidDataSource", "Invalid data source type. Only CSV and JSON are supported."),
  invalidDataType: refused("InvalidDataType"),
  invalidFileHeaderInfo: fixed(
    "InvalidFileHeaderInfo",
    "The FileHeaderInfo is invalid. Only NONE, USE, and IGNORE are supported.",
  ),
  invalidExpressionType: fixed(
    "InvalidExpressionType",
    "The ExpressionType is invalid. Only SQL expressions are supported.",
  ),
  invalidJsonType: fixed("InvalidJsonType", "The JsonType is invalid. Only DOCUMENT and LINES are supported."),
  invalidParameter: refused("InvalidRequestParameter"),
  invalidQuoteFields: fixed(
    "InvalidQuoteFields",
    "The QuoteFields is invalid. Only ALWAYS and ASNEEDED are supported.",
  ),
  jsonParsing: refused("JSONParsingError"),
  lexer: refused("LexerInvalidChar"),
  likeEscape: refused("EvaluatorLikePatternInvalidEscapeSequence"),
  missingHeaders: fixed(
    "MissingHeaders",
    "Some headers in the query are missing from the file. Check the file and try again.",
  ),
  missingParameter: refused("MissingRequiredParameter"),
  noBinding: fixed(
    "EvaluatorBindingDoesNotExist",
    "A column name or a path provided does not exist in the SQL expression.",
  ),
  overMaxRecordSize: fixed(
    "OverMaxRecordSize",
    "The character number in one record is more than our max threshold, maxCharsPerRecord: 1,048,576",
  ),
  parse: refused("ParseUnexpectedToken"),
  truncatedInput: fixed("TruncatedInput", "Object decompression failed. Check that the object is properly compressed."),
  unsupportedFunction: refused("UnsupportedFunction"),
  unsupportedStructure: refused("UnsupportedSqlStructure"),
  valueParse: refused("ValueParseFailure"),
} as const;
