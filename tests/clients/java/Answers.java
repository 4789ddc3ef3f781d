// What a program found, as the JSON that the tests read.
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

class Answers {
    private final Map<String, Object> found = new LinkedHashMap<>();

    void put(String what, Object answer) {
        found.put(what, answer);
    }

    void print() {
        System.out.println(json(found));
    }

    /** Class, status and code of what the call is refused with. */
    static List<Object> refusal(Runnable call) {
        try {
            call.run();
        } catch (AwsServiceException error) {
            String code = String.valueOf(error.awsErrorDetails().errorCode());
            return List.of(error.getClass().getSimpleName(), error.statusCode(), code);
        }
        throw new IllegalStateException("nothing was refused");
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> map)
            return map.entrySet().stream()
                .map(entry -> json(entry.getKey()) + ":" + json(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        if (value instanceof List<?> list)
            return list.stream().map(Answers::json).collect(Collectors.joining(",", "[", "]"));
        if (value instanceof String text) return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        return String.valueOf(value);
    }
}
