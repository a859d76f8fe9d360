"""Pictures as other programs write them: their metadata word for word in the form of those programs, by Pillow."""

import json
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

A1111 = (
    "a red fox (masterpiece:1.2), in deep snow, <lora:winter_v2:0.7>\n"
    "soft light\n"
    "Negative prompt: blurry, (ugly:1.3)\nextra paws\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 3141592653, Size: 512x768, "
    'Model hash: 879db523c3, Model: dreamshaper_8, Denoising strength: 0.4, Hires prompt: "fox, \\"Reynard\\"", '
    'Lora hashes: "winter_v2: 0a1b2c3d, other: 99aa", Version: v1.9.4'
)
COMFY: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {
        "seed": 156680208700286, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "scheduler": "normal",
        "denoise": 1.0, "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned-emaonly.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 448, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a glass bottle with a galaxy in it", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, watermark", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
    "10": {"class_type": "LoraLoader", "inputs": {
        "lora_name": "glass.safetensors", "strength_model": 1, "model": ["4", 0], "clip": ["4", 1]}},
}  # fmt: skip
FLUX: dict[str, Any] = {
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["40", 0], "clip": ["11", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["13", 0], "vae": ["10", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "flux", "images": ["8", 0]}},
    "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors", "weight_dtype": "default"}},
    "13": {"class_type": "SamplerCustomAdvanced", "inputs": {
        "noise": ["25", 0], "guider": ["22", 0], "sampler": ["16", 0], "sigmas": ["17", 0], "latent_image": ["27", 0]}},
    "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "17": {"class_type": "BasicScheduler", "inputs": {
        "scheduler": "simple", "steps": 20, "denoise": 1, "model": ["12", 0]}},
    "22": {"class_type": "BasicGuider", "inputs": {"model": ["12", 0], "conditioning": ["26", 0]}},
    "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 2**64 - 5}},
    "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
    "27": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 768, "batch_size": 1}},
    "40": {"class_type": "SomebodysStringNode", "inputs": {"string": "a tower made of paper", "is_changed": [0.5]}},
}  # fmt: skip
CANVAS: dict[str, Any] = {
    "last_node_id": 9, "version": 0.4,
    "nodes": [
        {"id": 3, "type": "KSampler", "widgets_values": [77, "randomize", 12, 5.5, "dpmpp_2m", "karras", 1], "inputs": [
            {"name": "model", "type": "MODEL", "link": 1}, {"name": "positive", "type": "CONDITIONING", "link": 4},
            {"name": "negative", "type": "CONDITIONING", "link": 6}, {"name": "latent_image", "link": 2}]},
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["sdxl.safetensors"], "inputs": []},
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [512, 640, 1]},
        {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["a boat"], "inputs": [{"name": "clip", "link": 3}]},
        {"id": 7, "type": "CLIPTextEncode", "widgets_values": ["rain"], "inputs": [{"name": "clip", "link": 5}]},
        {"id": 9, "type": "Note", "widgets_values": ["a remark"]},
    ],
    "links": [[1, 4, 0, 3, 0, "MODEL"], [2, 5, 0, 3, 3, "LATENT"], [3, 4, 1, 6, 0, "CLIP"],
              [4, 6, 0, 3, 1, "CONDITIONING"], [5, 4, 1, 7, 0, "CLIP"], [6, 7, 0, 3, 2, "CONDITIONING"]],
}  # fmt: skip
INVOKE: dict[str, Any] = {
    "app_version": "5.4.2", "generation_mode": "sdxl_txt2img", "positive_prompt": "an owl on a fence",
    "negative_prompt": "photo", "width": 832, "height": 1216, "seed": 4024513453, "rand_device": "cpu",
    "cfg_scale": 5.5, "cfg_rescale_multiplier": 0.0, "steps": 30, "scheduler": "dpmpp_3m_k",
    "model": {"key": "9f3a", "hash": "blake3:aa55", "name": "Juggernaut XL v9", "base": "sdxl", "type": "main"},
    "loras": [{"model": {"name": "ink"}, "weight": 0.75}],
}  # fmt: skip
INVOKE_OLD: dict[str, Any] = {
    "model": "stable diffusion", "model_weights": "stable-diffusion-1.5", "model_hash": "cc6cb27103",
    "app_id": "invoke-ai/InvokeAI", "app_version": "2.3.5", "image": {
        "prompt": [{"prompt": "a castle on a hill [blurry]", "weight": 1.0}], "steps": 50, "cfg_scale": 7.5,
        "threshold": 0, "perlin": 0, "seed": 2112, "width": 512, "height": 640, "sampler": "k_lms", "type": "txt2img",
        "variations": []},
}  # fmt: skip
DREAM = '"a castle on a hill [blurry]" -s 50 -S 2112 -W 512 -H 640 -C 7.5 -A k_lms'


def pixels(seed: int = 0, width: int = 48, height: int = 32) -> Image.Image:
    """A coloured noise picture."""
    noise = np.random.default_rng(seed)
    return Image.fromarray(noise.integers(0, 255, (height, width, 3), dtype=np.uint8))


def png(seed: int = 0, **texts: str) -> bytes:
    """A PNG with texts; an underscore in a key stands for the hyphen of `sd-metadata`."""
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key.replace("sd_", "sd-"), text) if text.isascii() else info.add_itxt(key, text)
    buffer = BytesIO()
    pixels(seed).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def with_comment(seed: int, text: str, format_name: str) -> bytes:
    """A JPEG or WebP with a user comment as AUTOMATIC1111 writes it: big endian UTF-16 after the word UNICODE."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-be")
    return _saved(seed, exif, format_name)


def comfy_webp(seed: int, prompt: Any, workflow: Any = None) -> bytes:
    """A WebP as ComfyUI's own node saves it: the graphs among the camera's makers."""
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{json.dumps(prompt)}"
    exif[0x010F] = f"workflow:{json.dumps(workflow or CANVAS)}"
    return _saved(seed, exif, "WEBP")


def photograph(seed: int, taken: str = "2021:07:14 10:20:30") -> bytes:
    """A JPEG as of a camera, with the moment at which it was taken."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", "EOS R5"
    details = exif.get_ifd(0x8769)
    details[0x9003], details[0x9011] = taken, "+02:00"
    return _saved(seed, exif, "JPEG")


def _saved(seed: int, exif: Image.Exif, format_name: str) -> bytes:
    buffer = BytesIO()
    pixels(seed).save(buffer, format_name, exif=exif)
    return buffer.getvalue()
