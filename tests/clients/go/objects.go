// Buckets and objects by the AWS SDK for Go v2 and its transfer manager.
package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// S3 and STS. The client's defaults, but for the style of addresses that its users set for every server of their own.
func objects(settings aws.Config, bucket string) answers {
	client := s3.NewFromConfig(settings, func(options *s3.Options) { options.UsePathStyle = true })
	found := answers{}
	found["caller"] = *must(sts.NewFromConfig(settings).GetCallerIdentity(background, nil)).Arn
	must(client.CreateBucket(background, &s3.CreateBucketInput{Bucket: &bucket}))
	there := &s3.HeadBucketInput{Bucket: &bucket}
	check(s3.NewBucketExistsWaiter(client).Wait(background, there, waitFor))

	put := must(client.PutObject(background, &s3.PutObjectInput{
		Bucket: &bucket, Key: text("a key/ü+&?"), Body: strings.NewReader("text"), Metadata: map[string]string{"m": "1"},
	}))
	found["default checksum"] = aws.ToString(put.ChecksumCRC32) + aws.ToString(put.ChecksumCRC64NVME)
	found["text"] = read(client, bucket, "a key/ü+&?", "")
	found["range"] = read(client, bucket, "a key/ü+&?", "bytes=1-2")
	found["algorithms"] = algorithms(client, bucket)
	found["upload"] = upload(client, bucket)

	signer := s3.NewPresignClient(client)
	asked := must(signer.PresignGetObject(background, &s3.GetObjectInput{Bucket: &bucket, Key: text("a key/ü+&?")}))
	response := must(http.Get(asked.URL))
	found["presigned"] = string(must(io.ReadAll(response.Body)))

	_, err := client.GetObject(background, &s3.GetObjectInput{Bucket: &bucket, Key: text("none")})
	found["no key"] = append(refused(err, err), isA[*types.NoSuchKey](err))
	_, err = client.HeadObject(background, &s3.HeadObjectInput{Bucket: &bucket, Key: text("none")})
	found["no head"] = append(refused(err, err), isA[*types.NotFound](err))
	_, err = client.CreateBucket(background, &s3.CreateBucketInput{
		Bucket: &bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	found["twice"] = append(refused(err, err), isA[*types.BucketAlreadyOwnedByYou](err))
	found["pages"] = remove(client, bucket)
	return found
}

func read(client *s3.Client, bucket, key, area string) string {
	input := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	if area != "" {
		input.Range = &area
	}
	return string(must(io.ReadAll(must(client.GetObject(background, input)).Body)))
}

// What HeadObject says of objects put with each checksum that the client computes.
func algorithms(client *s3.Client, bucket string) map[string]string {
	sums := map[string]string{}
	for _, algorithm := range []types.ChecksumAlgorithm{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		key := text("sums/" + string(algorithm))
		must(client.PutObject(background, &s3.PutObjectInput{
			Bucket: &bucket, Key: key, Body: strings.NewReader("123456789"), ChecksumAlgorithm: algorithm,
		}))
		head := must(client.HeadObject(background, &s3.HeadObjectInput{Bucket: &bucket, Key: key, ChecksumMode: "ENABLED"}))
		for _, sum := range []*string{
			head.ChecksumCRC32, head.ChecksumCRC32C, head.ChecksumCRC64NVME, head.ChecksumSHA1, head.ChecksumSHA256,
		} {
			sums[string(algorithm)] += aws.ToString(sum)
		}
		if read(client, bucket, *key, "") != "123456789" {
			sums[string(algorithm)] = "another body"
		}
	}
	return sums
}

// A stream of 17 MiB through the transfer manager, there and back.
func upload(client *s3.Client, bucket string) answers {
	manager := transfermanager.New(client)
	body := bytes.Repeat([]byte("0123456789abcdef"), 17<<16)
	sent := must(manager.UploadObject(background, &transfermanager.UploadObjectInput{
		Bucket: &bucket, Key: text("large"), Body: io.MultiReader(bytes.NewReader(body)),
	}))
	got := must(manager.GetObject(background, &transfermanager.GetObjectInput{Bucket: &bucket, Key: text("large")}))
	return answers{
		"parts":  strings.Split(strings.Trim(*sent.ETag, `"`), "-")[1],
		"isSame": bytes.Equal(body, must(io.ReadAll(got.Body))),
		"type":   sent.ChecksumType,
	}
}

// Empties and deletes the bucket; gives how many pages of two its listing had.
func remove(client *s3.Client, bucket string) int {
	pages := 0
	listing := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: &bucket, MaxKeys: aws.Int32(2)})
	for listing.HasMorePages() {
		pages++
		named := []types.ObjectIdentifier{}
		for _, object := range must(listing.NextPage(background)).Contents {
			named = append(named, types.ObjectIdentifier{Key: object.Key})
		}
		must(client.DeleteObjects(background, &s3.DeleteObjectsInput{
			Bucket: &bucket, Delete: &types.Delete{Objects: named},
		}))
	}
	must(client.DeleteBucket(background, &s3.DeleteBucketInput{Bucket: &bucket}))
	return pages
}
