"""Every family."""

import audio
import causal
import diffusion
import others
import plain
import plain_images
import research
import research_images
import research_steps
import seq2seq
import text
import vision

FAMILIES = [
    *text.FAMILIES,
    *causal.FAMILIES,
    *seq2seq.FAMILIES,
    *vision.FAMILIES,
    *audio.FAMILIES,
    *diffusion.FAMILIES,
    *others.FAMILIES,
    *plain.FAMILIES,
    *plain_images.FAMILIES,
    *research.FAMILIES,
    *research_steps.FAMILIES,
    *research_images.FAMILIES,
]
