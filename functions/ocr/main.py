PROMPT = (
    "Extraia o texto do documento acima em Markdown estruturado. "
    "Tabelas em HTML. Equações em LaTeX. Use <watermark>...</watermark> para marcas d'água "
    "e <page_number>...</page_number> para paginação."
)


async def handle_request(request):
    """Reads the text in an image.

    The body is an image (`content-type: image/*`), `{"image_url": "..."}`, or a whole chat
    request as for /v1/chat/completions.
    """
    if URL(request.url).pathname != "/ocr":
        return Response("Not found", status=404)
    if request.method != "POST":
        return Response("POST an image\n", status=405, headers={"allow": "POST"})
    body = await read_request(request)
    result = await Azion.AI.run(body.pop("model", "nanonets/Nanonets-OCR-s"), body)
    return Response(result) if body.get("stream") else Response.json(result)


async def read_request(request):
    content_type = request.headers.get("content-type") or ""
    if content_type.startswith("image/"):
        return chat(data_url(content_type, await request.bytes()))
    body = await request.json()
    return body if "messages" in body else chat(body["image_url"])


def data_url(content_type, image):
    import base64

    return f"data:{content_type};base64,{base64.b64encode(image).decode()}"


def chat(image_url):
    image = {"type": "image_url", "image_url": {"url": image_url}}
    content = [image, {"type": "text", "text": PROMPT}]
    return {"max_tokens": 500, "messages": [{"role": "user", "content": content}]}


add_event_listener("fetch", lambda event: event.respond_with(handle_request(event.request)))
