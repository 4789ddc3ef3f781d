// S3 and STS by the AWS SDK for Java v2 with its defaults, but for path-style addresses. Argument: a new bucket's name.
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.transfer.s3.S3TransferManager;
import software.amazon.awssdk.transfer.s3.model.DownloadRequest;

public class Objects {
    static final int MIB = 1 << 20;
    static final String KEY = "a key/ü+&?";
    static final Answers answers = new Answers();

    public static void main(String[] arguments) throws Exception {
        String bucket = arguments[0];
        try (S3Client s3 = S3Client.builder().forcePathStyle(true).build()) {
            answers.put("caller", StsClient.create().getCallerIdentity().arn());
            s3.createBucket(request -> request.bucket(bucket));
            s3.waiter().waitUntilBucketExists(request -> request.bucket(bucket));
            small(s3, bucket);
            algorithms(s3, bucket);
            large(bucket);
            presigned(bucket);
            answers.put("no key", Answers.refusal(() -> s3.getObject(request -> request.bucket(bucket).key("none"))));
            answers.put("no head", Answers.refusal(() -> s3.headObject(request -> request.bucket(bucket).key("none"))));
            answers.put("not empty", Answers.refusal(() -> s3.deleteBucket(request -> request.bucket(bucket))));
            remove(s3, bucket);
        }
        answers.print();
    }

    static void small(S3Client s3, String bucket) {
        PutObjectResponse put = s3.putObject(
            request -> request.bucket(bucket).key(KEY).metadata(Map.of("m", "1")), RequestBody.fromString("text"));
        answers.put("default checksum", put.checksumCRC32());
        answers.put("text", read(s3, bucket, KEY, null));
        answers.put("range", read(s3, bucket, KEY, "bytes=1-2"));
    }

    static String read(S3Client s3, String bucket, String key, String range) {
        return s3.getObjectAsBytes(request -> request.bucket(bucket).key(key).range(range)).asUtf8String();
    }

    /** What HeadObject says of streams put with each checksum that the client computes without native code. */
    static void algorithms(S3Client s3, String bucket) {
        Map<String, Object> sums = new LinkedHashMap<>();
        for (String algorithm : List.of("CRC32", "CRC32C", "SHA1", "SHA256")) {
            String key = "sums/" + algorithm;
            byte[] body = "123456789".getBytes();
            s3.putObject(
                request -> request.bucket(bucket).key(key).checksumAlgorithm(ChecksumAlgorithm.fromValue(algorithm)),
                RequestBody.fromContentProvider(() -> new ByteArrayInputStream(body), body.length, "text/plain"));
            var head = s3.headObject(request -> request.bucket(bucket).key(key).checksumMode(ChecksumMode.ENABLED));
            String sum = head.getValueForField("Checksum" + algorithm, String.class).orElse("none");
            sums.put(algorithm, read(s3, bucket, key, null).equals("123456789") ? sum : "another body");
        }
        answers.put("algorithms", sums);
    }

    /** 17 MiB of unknown length through the transfer manager: there, copied and back, all in parts. */
    static void large(String bucket) {
        byte[] body = new byte[17 * MIB];
        for (int index = 0; index < body.length; index++) body[index] = (byte) (index / 1000);
        try (S3AsyncClient client = S3AsyncClient.builder().forcePathStyle(true).multipartEnabled(true).build();
            S3TransferManager manager = S3TransferManager.builder().s3Client(client).build()) {
            var executor = Executors.newSingleThreadExecutor();
            var source = AsyncRequestBody.fromInputStream(new ByteArrayInputStream(body), null, executor);
            String tag = manager
                .upload(request -> request.requestBody(source).putObjectRequest(put -> put.bucket(bucket).key("large")))
                .completionFuture().join().response().eTag();
            executor.shutdown();
            manager.copy(request -> request.copyObjectRequest(copy -> copy
                .sourceBucket(bucket).sourceKey("large").destinationBucket(bucket).destinationKey("a copy")))
                .completionFuture().join();
            DownloadRequest<ResponseBytes<GetObjectResponse>> wanted = DownloadRequest.builder()
                .getObjectRequest(get -> get.bucket(bucket).key("a copy"))
                .responseTransformer(AsyncResponseTransformer.<GetObjectResponse>toBytes())
                .build();
            byte[] back = manager.download(wanted).completionFuture().join().result().asByteArray();
            answers.put("upload", Map.of("parts", tag.replaceAll(".*-|\"", ""), "isSame", Arrays.equals(body, back)));
        }
    }

    static void presigned(String bucket) throws Exception {
        var style = S3Configuration.builder().pathStyleAccessEnabled(true).build();
        try (var signer = S3Presigner.builder().serviceConfiguration(style).build()) {
            URI address = signer.presignGetObject(request -> request
                .signatureDuration(Duration.ofMinutes(1))
                .getObjectRequest(get -> get.bucket(bucket).key(KEY))).url().toURI();
            var fetch = HttpRequest.newBuilder(address).build();
            var response = HttpClient.newHttpClient().send(fetch, HttpResponse.BodyHandlers.ofString());
            answers.put("presigned", response.body());
        }
    }

    /** Empties and deletes the bucket, and keeps how many pages of two its listing had. */
    static void remove(S3Client s3, String bucket) {
        int pages = 0;
        for (var page : s3.listObjectsV2Paginator(request -> request.bucket(bucket).maxKeys(2))) {
            pages++;
            List<ObjectIdentifier> keys = new ArrayList<>();
            page.contents().forEach(found -> keys.add(ObjectIdentifier.builder().key(found.key()).build()));
            s3.deleteObjects(request -> request.bucket(bucket).delete(delete -> delete.objects(keys)));
        }
        s3.deleteBucket(request -> request.bucket(bucket));
        answers.put("pages", pages);
    }
}
