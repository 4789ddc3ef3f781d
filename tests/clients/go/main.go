// What the tests run of the AWS SDK for Go v2: `objects BUCKET` or `jobs BUCKET NAME ROLE IMAGE`. Prints JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

type answers = map[string]any

// Longer than anything that is waited for.
const waitFor = 2 * time.Minute

var background = context.Background()

func main() {
	settings, err := config.LoadDefaultConfig(background)
	check(err)
	var found answers
	switch arguments := os.Args[2:]; os.Args[1] {
	case "objects":
		found = objects(settings, arguments[0])
	case "jobs":
		found = jobs(settings, arguments[0], arguments[1], arguments[2], arguments[3])
	}
	check(json.NewEncoder(os.Stdout).Encode(found))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

// Code and status of what a call was refused with.
func refused[T any](_ T, err error) []any {
	var api smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		log.Fatalf("not refused by the service: %v", err)
	}
	return []any{api.ErrorCode(), response.HTTPStatusCode()}
}

func isA[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

var text = aws.String
