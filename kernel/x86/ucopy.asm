; The instructions that touch user memory, in two address ranges:
;
;       ucopy_plain_begin   .. ucopy_plain_end          faults are served, then the copy goes on
;       ucopy_nofault_begin .. ucopy_nofault_end        a fault ends the copy
;
; A fault that ends a copy resumes at ucopy_recover_at.  The string instructions keep edi at the first
; byte not yet written [SDM 2B REP], so the rest is edx - edi, with edx the end of the destination:
; completion and recovery run the same code.
;
;       edi  destination      esi  source      ecx  count      edx  destination + n
;       eax  n, then n mod 4
;
; Floor 1.  Read next: ucopy.c

        global  ucopy_plain
        global  ucopy_nofault
        global  uzero_plain
        global  ustring_plain
        global  ucopy_plain_begin
        global  ucopy_plain_end
        global  ucopy_nofault_begin
        global  ucopy_nofault_end
        global  ucopy_recover_at

%macro  SAVE_AND_LOAD 0
        push    edi
        push    esi
        mov     edi, eax                        ; arguments: eax, edx, ecx
        mov     esi, edx
        lea     edx, [edi + ecx]
        mov     eax, ecx
        shr     ecx, 2
        and     eax, 3
%endmacro

        section .text.ucopy progbits alloc exec nowrite align=16

; uint32_t ucopy_plain(void *to, const void *from, uint32_t n): bytes not copied
ucopy_plain:
        SAVE_AND_LOAD
ucopy_plain_begin:
        rep movsd
        mov     ecx, eax
        rep movsb
        jmp     ucopy_recover_at

zero_words:
        rep stosd
        mov     ecx, esi
        rep stosb
        jmp     ucopy_recover_at

string_bytes:
        cmp     edi, edx
        je      ucopy_recover_at
        lodsb
        stosb
        test    al, al
        jnz     string_bytes
ucopy_plain_end:

ucopy_recover_at:
        mov     eax, edx
        sub     eax, edi
        pop     esi
        pop     edi
        ret

; uint32_t uzero_plain(void *to, uint32_t zero, uint32_t n): bytes not zeroed
uzero_plain:
        SAVE_AND_LOAD
        mov     esi, eax                        ; the tail's count; eax is what stosd stores
        xor     eax, eax
        jmp     zero_words

; uint32_t ustring_plain(char *to, const char *from, uint32_t n): bytes not copied; it ends after a zero
ustring_plain:
        SAVE_AND_LOAD
        jmp     string_bytes

; uint32_t ucopy_nofault(void *to, const void *from, uint32_t n): bytes not copied
ucopy_nofault:
        SAVE_AND_LOAD
ucopy_nofault_begin:
        rep movsd
        mov     ecx, eax
        rep movsb
ucopy_nofault_end:
        jmp     ucopy_recover_at

        section .note.GNU-stack noalloc noexec nowrite  ; no executable stack wanted
