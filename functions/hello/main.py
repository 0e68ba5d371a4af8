async def handle_request(request):
    name = URL(request.url).search_params.get("name") or "world"
    return Response(f"Hello, {name}!\n")


add_event_listener("fetch", lambda event: event.respond_with(handle_request(event.request)))
