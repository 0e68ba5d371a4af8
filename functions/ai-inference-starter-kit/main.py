"""An OpenAI-compatible endpoint: the model and the request come in the body.

It answers any path; the errors are those of Azion's quick start.
"""


async def handle_request(request):
    if request.method != "POST" or request.headers.get("content-type") != "application/json":
        return failure("Request must be a POST request with JSON body")
    try:
        body = await request.json()
    except ValueError:
        return failure("Invalid JSON in request body")
    if not isinstance(body, dict) or not body.get("model"):
        return failure("Missing 'model' field in request body")
    model = body["model"]
    try:
        result = await Azion.AI.run(model, body)
    except AIError as error:
        return refusal(model, str(error))
    return Response(result) if body.get("stream") else Response.json(result)


def refusal(model, message):
    console.error(message)
    if "validation error" in message:
        return failure(f"Invalid input for {model}")
    if "model not found" in message:
        return failure(f"{model} not found or not allowed")
    return failure("AI internal error", status=500)


def failure(message, status=400):
    return Response.json({"error": message}, status=status)


add_event_listener("fetch", lambda event: event.respond_with(handle_request(event.request)))
